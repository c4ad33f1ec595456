import { access, open, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { CastellanError, type ToolDescriptor, type ToolProgress } from '@castellan/contracts'
import type { Log } from '@castellan/daemon'
import { type ClaimedFile, folderDigest, hashOf } from '@castellan/quarantine'
import type { RegisteredModel } from '@castellan/quarantine/registry'
import type { Files } from '../host/files/files.ts'
import type { ImportRequest, ModelCheck, ModelsPort } from '../host/models.ts'
import { Mutex } from '../state/mutex.ts'
import { builtInModel, builtInPath } from './built-in.ts'
import { filesBelow } from './files-below.ts'
import { Import } from './import.ts'
import { ImportFolders } from './import-folders.ts'
import type { ImportRecord } from './record.ts'
import { ModelRegistry } from './registry.ts'
import { type RegistryLedger, SELF } from './registry-ledger.ts'
import { engineCommand } from './sandboxed-stages.ts'
import type { ModelsConfig } from './settings.ts'
import type { StageRunner } from './stage-runner.ts'
import { sweepImports } from './sweep.ts'

/** Bytes between two words of progress. */
const PROGRESS_BYTES = 256 * 1024 * 1024
/** Disk that an import leaves free, in bytes. */
const RESERVE_BYTES = 1024 * 1024 * 1024

export interface ModelsParts {
  /** Folder of the models; made where it is not there. */
  readonly folder: string
  readonly config: ModelsConfig
  /** 32 bytes, of which the key that signs the registry is made. */
  readonly seed: Buffer
  readonly ledger: RegistryLedger
  readonly files: Pick<Files, 'walker'>
  readonly runner: StageRunner
  readonly tools: () => readonly ToolDescriptor[]
  readonly log: Log
  /** Told of a model or a registry that is no longer what was let in. */
  readonly onChanged: (subject: string, summary: string) => void
}

/**
 * The models of this machine. A file gets in only through the quarantine: a copy that nobody else can write is made first, each
 * stage looks at that copy in a sandbox of its own, and what was examined is what is used. Removing keeps the file.
 */
export class Models implements ModelsPort {
  readonly #parts: ModelsParts
  readonly #registry: ModelRegistry
  readonly #folders: ImportFolders
  readonly #imports = new Mutex()
  #opened: Promise<void> | undefined

  constructor(parts: ModelsParts) {
    this.#parts = parts
    this.#folders = new ImportFolders(join(parts.folder, 'quarantine'))
    this.#registry = new ModelRegistry({
      folder: parts.folder,
      seed: parts.seed,
      ledger: parts.ledger,
      builtIn: () => builtInModel(),
      onForeign: (summary) => parts.onChanged('registry', summary),
    })
  }

  /** Brings what the last run left into order. Called at the start; everything else calls it, too. Tries again where it failed. */
  open(): Promise<void> {
    this.#opened ??= this.#open().catch((error: unknown) => {
      this.#opened = undefined
      throw error
    })
    return this.#opened
  }

  async list(): Promise<readonly RegisteredModel[]> {
    await this.open()
    return (await this.#registry.models()).filter(({ file }) => file !== null)
  }

  async find(id: string): Promise<{ model: RegisteredModel; path: string; present: boolean }> {
    await this.open()
    const model = (await this.#registry.models()).find((candidate) => candidate.id === id)
    if (model === undefined) {
      throw new CastellanError('not_found', `There is no model ${id}. model_list shows those there are.`)
    }
    const path = this.#pathOf(model)
    return { model, path, present: await exists(path) }
  }

  async imports(): Promise<readonly ImportRecord[]> {
    await this.open()
    return this.#folders.list()
  }

  /** One after the other: a stage may take all the memory there is. */
  import(request: ImportRequest, progress: (progress: ToolProgress) => void, signal: AbortSignal) {
    return this.#imports.run(async () => {
      await this.open()
      signal.throwIfAborted()
      await this.#refuseFullDisk(request)
      const { config } = this.#parts
      await this.#folders.prune(Date.now(), { days: config.keepRefusedDays, bytes: config.keepRefusedBytes })
      const parts = { ...this.#parts, folders: this.#folders, registry: this.#registry, engine: engineCommand() }
      return await Import.run({ ...parts, registryFolder: this.#parts.folder }, request, progress, signal)
    })
  }

  async verify(id: string, progress: (progress: ToolProgress) => void, signal: AbortSignal): Promise<ModelCheck> {
    const { model, path, present } = await this.find(id)
    if (!present) return this.#changed({ model, path, state: 'missing', foundSha256: null })
    const foundSha256 = await this.#digestOf(model, path, meter(progress, `Reading ${model.name}`, model.bytes), signal)
    const check = { model, path, foundSha256 }
    return foundSha256 === model.sha256 ? { ...check, state: 'intact' } : this.#changed({ ...check, state: 'changed' })
  }

  /** Reads every model that is trusted. What is no longer what was let in is taken out of use, and told. */
  async verifyAll(signal: AbortSignal): Promise<void> {
    await this.open()
    for (const { id, removed } of await this.#registry.models()) {
      if (!removed) await this.verify(id, () => undefined, signal)
    }
  }

  async setRemoved(id: string, removed: boolean, by: string): Promise<RegisteredModel> {
    const { model } = await this.find(id)
    if (model.file === null) {
      throw new CastellanError(
        'invalid_arguments',
        'The built-in model comes with Castellan and stays. Choose another one to be used instead.',
      )
    }
    if (model.removed === removed) {
      throw new CastellanError('conflict', `The model ${model.name} is ${removed ? 'out of' : 'in'} use already.`)
    }
    const changed = { ...model, removed }
    await this.#registry.change(removed ? 'removed' : 'restored', { kind: 'agent', name: by }, replacing(changed))
    return changed
  }

  async #open(): Promise<void> {
    await this.#registry.open()
    await this.#mendBuiltIn()
    const trusted = await this.#registry.models()
    await sweepImports(this.#folders, this.#parts.folder, trusted)
    const { keepRefusedDays: days, keepRefusedBytes: bytes } = this.#parts.config
    await this.#folders.prune(Date.now(), { days, bytes })
  }

  /** The built-in model was damaged and is whole again: Castellan was installed anew. */
  async #mendBuiltIn(): Promise<void> {
    const builtIn = (await this.#registry.models()).find(({ file }) => file === null)
    if (builtIn?.removed !== true) return
    const found = await this.#digestOf(builtIn, builtInPath(), () => undefined, new AbortController().signal)
    if (found === builtIn.sha256)
      await this.#registry.change('restored', SELF, replacing({ ...builtIn, removed: false }))
  }

  async #changed(check: ModelCheck): Promise<ModelCheck> {
    const { model, state } = check
    this.#parts.onChanged(model.id, `The file of the model ${model.name} is ${state}.`)
    if (!model.removed) await this.#registry.change('revoked', SELF, replacing({ ...model, removed: true }))
    return check
  }

  async #digestOf(
    model: RegisteredModel,
    path: string,
    tell: (done: number) => void,
    signal: AbortSignal,
  ): Promise<string> {
    const options = { maxBytes: Number.MAX_SAFE_INTEGER, signal, progress: tell }
    if (model.format !== 'folder') {
      await using file = await open(path, 'r')
      return (await hashOf(file, options)).sha256
    }
    const found: ClaimedFile[] = []
    for (const name of await filesBelow(path)) {
      await using file = await open(join(path, name), 'r')
      found.push({ name, ...(await hashOf(file, options)) })
    }
    return folderDigest(found)
  }

  async #refuseFullDisk({ path }: ImportRequest): Promise<void> {
    using place = await this.#parts.files.walker.walk(path)
    const bytes = Number(place.existing.stats.size)
    const { bavail, bsize } = await statfs(this.#parts.folder)
    if (bavail * bsize >= bytes + RESERVE_BYTES) return
    throw new CastellanError(
      'disk_full',
      `The model has ${bytes} bytes and the disk of ${this.#parts.folder} has ${bavail * bsize} left, of which ${RESERVE_BYTES} stay free. ` +
        'Make room first.',
    )
  }

  #pathOf({ file }: RegisteredModel): string {
    return file === null ? builtInPath() : join(this.#parts.folder, file)
  }
}

function replacing(changed: RegisteredModel) {
  return (models: readonly RegisteredModel[]) => models.map((each) => (each.id === changed.id ? changed : each))
}

/** Tells how far it is, each time {@link PROGRESS_BYTES} more were read. */
function meter(progress: (progress: ToolProgress) => void, message: string, total: number): (done: number) => void {
  let told = 0
  return (done) => {
    if (done - told < PROGRESS_BYTES) return
    told = done
    progress({ message, done, total: Math.max(1, total) })
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
