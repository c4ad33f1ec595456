import { createHash, randomBytes } from 'node:crypto'
import { access, mkdir, open, rename, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { CastellanError, type ToolProgress } from '@castellan/contracts'
import { GgufError, inspectModel } from '@castellan/gguf'
import { chunksOf, openContent } from '../host/files/content.ts'
import { syncFolder } from '../host/files/durable.ts'
import type { Files } from '../host/files/files.ts'
import type { ImportRequest, ModelCheck, ModelsPort } from '../host/models.ts'
import { Mutex } from '../state/mutex.ts'
import type { Manifest, RegisteredModel } from './manifest.ts'

/** Bytes between two words of progress. */
const PROGRESS_BYTES = 256 * 1024 * 1024
/** Disk that an import leaves free, in bytes. */
const RESERVE_BYTES = 1024 * 1024 * 1024

export interface ModelsParts {
  /** Folder of the models; made where it is not there. */
  readonly folder: string
  readonly manifest: Manifest
  readonly files: Pick<Files, 'walker'>
  /** Told of a model that is no longer what was let in. */
  readonly onChanged: (subject: string, summary: string) => void
}

/**
 * The registry of models. A file gets in only by import: a copy that nobody else can write is made first, and everything
 * is checked on that copy, so what was checked is what is used. Removing keeps the file.
 */
export class Models implements ModelsPort {
  readonly #parts: ModelsParts
  readonly #changes = new Mutex()

  constructor(parts: ModelsParts) {
    this.#parts = parts
  }

  list(): Promise<RegisteredModel[]> {
    return this.#parts.manifest.load()
  }

  async find(id: string): Promise<{ model: RegisteredModel; path: string; present: boolean }> {
    const model = (await this.list()).find((candidate) => candidate.id === id)
    if (model === undefined) {
      throw new CastellanError('not_found', `There is no model ${id}. model_list shows those there are.`)
    }
    const path = this.#pathOf(model.sha256)
    return { model, path, present: await exists(path) }
  }

  import(
    request: ImportRequest,
    progress: (progress: ToolProgress) => void,
    signal: AbortSignal,
  ): Promise<RegisteredModel> {
    return this.#changes.run(async () => {
      const { folder, manifest } = this.#parts
      await mkdir(folder, { recursive: true, mode: 0o755 })
      const models = await manifest.load()
      const draft = join(folder, `incoming-${randomBytes(8).toString('hex')}`)
      try {
        const { sha256, bytes } = await this.#copy(request.path, draft, progress, signal)
        refuseWrongDigest(request, sha256)
        const known = models.find((model) => model.sha256 === sha256)
        if (known !== undefined && !known.removed) {
          throw new CastellanError('already_exists', `This very file is here already, as ${known.name} (${known.id}).`)
        }
        progress({ message: 'Reading what the model says about itself' })
        const model = await describe(draft, request, sha256, bytes)
        await rename(draft, this.#pathOf(sha256))
        await syncFolder(folder)
        await manifest.save([...models.filter((each) => each !== known), model])
        return model
      } finally {
        await rm(draft, { force: true })
      }
    })
  }

  async verify(id: string, progress: (progress: ToolProgress) => void, signal: AbortSignal): Promise<ModelCheck> {
    const { model, path, present } = await this.find(id)
    if (!present) return this.#changed({ model, path, state: 'missing', foundSha256: null })
    await using file = await open(path, 'r')
    const hash = createHash('sha256')
    const tell = meter(progress, `Reading ${model.name}`, model.bytes)
    let read = 0
    for await (const chunk of chunksOf(file)) {
      signal.throwIfAborted()
      hash.update(chunk)
      read += chunk.length
      tell(read)
    }
    const foundSha256 = hash.digest('hex')
    const check = { model, path, foundSha256 }
    return foundSha256 === model.sha256 ? { ...check, state: 'intact' } : this.#changed({ ...check, state: 'changed' })
  }

  setRemoved(id: string, removed: boolean): Promise<RegisteredModel> {
    return this.#changes.run(async () => {
      const { model } = await this.find(id)
      if (model.removed === removed) {
        throw new CastellanError('conflict', `The model ${model.name} is ${removed ? 'out of' : 'in'} use already.`)
      }
      const changed = { ...model, removed }
      const models = await this.list()
      await this.#parts.manifest.save(models.map((each) => (each.id === id ? changed : each)))
      return changed
    })
  }

  #changed(check: ModelCheck): ModelCheck {
    const { model, state } = check
    this.#parts.onChanged(model.id, `The file of the model ${model.name} is ${state}.`)
    return check
  }

  async #copy(path: string, draft: string, progress: (progress: ToolProgress) => void, signal: AbortSignal) {
    using place = await this.#parts.files.walker.walk(path)
    await using from = await openContent(place)
    const before = await from.stat({ bigint: true })
    await this.#refuseFullDisk(Number(before.size))
    await using to = await open(draft, 'wx', 0o444)
    const hash = createHash('sha256')
    const tell = meter(progress, 'Copying the model', Number(before.size))
    let bytes = 0
    for await (const chunk of chunksOf(from)) {
      signal.throwIfAborted()
      hash.update(chunk)
      await to.write(chunk)
      bytes += chunk.length
      tell(bytes)
    }
    await to.sync()
    const after = await from.stat({ bigint: true })
    if (after.mtimeNs !== before.mtimeNs || after.size !== before.size || BigInt(bytes) !== before.size) {
      throw new CastellanError(
        'conflict',
        `${place.path} was written to while it was copied. Import it once it is whole.`,
      )
    }
    return { sha256: hash.digest('hex'), bytes }
  }

  async #refuseFullDisk(bytes: number): Promise<void> {
    const { bavail, bsize } = await statfs(this.#parts.folder)
    if (bavail * bsize >= bytes + RESERVE_BYTES) return
    throw new CastellanError(
      'disk_full',
      `The model has ${bytes} bytes and the disk of ${this.#parts.folder} has ${bavail * bsize} left, of which ${RESERVE_BYTES} stay free. ` +
        'Make room first.',
    )
  }

  #pathOf(sha256: string): string {
    return join(this.#parts.folder, `${sha256}.gguf`)
  }
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

function refuseWrongDigest({ path, sha256: wanted }: ImportRequest, found: string): void {
  if (wanted === undefined || wanted === found) return
  throw new CastellanError(
    'model_invalid',
    `${path} has the SHA-256 ${found}, not ${wanted}: it is another file, or was changed. Get it again from where the digest came.`,
  )
}

async function describe(
  draft: string,
  { path, sha256: pin, by }: ImportRequest,
  sha256: string,
  bytes: number,
): Promise<RegisteredModel> {
  try {
    const { name, architecture, parameters, trainedContextTokens } = await inspectModel(draft)
    return {
      id: sha256.slice(0, 16),
      // A model's own words about itself end up in front of people.
      name: printable(name).slice(0, 200) || 'unnamed',
      sha256,
      bytes,
      architecture: printable(architecture).slice(0, 80),
      parameters,
      contextTokens: Number.isSafeInteger(trainedContextTokens) ? trainedContextTokens : 0,
      source: path,
      pinned: pin !== undefined,
      importedAt: new Date().toISOString(),
      importedBy: by,
      removed: false,
    }
  } catch (error) {
    if (!(error instanceof GgufError)) throw error
    throw new CastellanError('model_invalid', error.message.replaceAll(draft, path), { cause: error })
  }
}

function printable(text: string): string {
  return text.replaceAll(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, ' ').trim()
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
