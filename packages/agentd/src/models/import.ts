import { open, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { CastellanError, type LedgerActor, type ToolProgress } from '@castellan/contracts'
import type { Log } from '@castellan/daemon'
import { ClaimError, folderDigest, hashOf, type StageName, type StageVerdict, stageNames } from '@castellan/quarantine'
import type { RegisteredModel } from '@castellan/quarantine/registry'
import { syncFolder } from '../host/files/durable.ts'
import type { Files } from '../host/files/files.ts'
import type { ImportRequest } from '../host/models.ts'
import { claimCandidate, readBundle } from './claim-candidate.ts'
import { candidateModel } from './describe.ts'
import type { ImportFolders } from './import-folders.ts'
import type { ImportRecord } from './record.ts'
import type { ModelRegistry } from './registry.ts'
import type { RegistryLedger } from './registry-ledger.ts'
import type { ModelsConfig } from './settings.ts'
import { allowanceOf, type Candidate, type JobParts, jobFor, sourceJob } from './stage-jobs.ts'
import type { StageRunner } from './stage-runner.ts'
import { takeBack } from './sweep.ts'
import { sealFile } from './verity.ts'

export interface ImportParts extends JobParts {
  /** Folder of the registry. */
  readonly registryFolder: string
  readonly config: ModelsConfig
  readonly folders: ImportFolders
  readonly registry: ModelRegistry
  readonly runner: StageRunner
  readonly ledger: RegistryLedger
  readonly files: Pick<Files, 'walker'>
  readonly log: Log
}

/**
 * One import, from the claim to the verdict. The record on disk says before each step what is about to happen, so that whatever
 * ends the process leaves an import that is refused, interrupted, or in the registry: nothing else is trusted.
 */
export class Import {
  readonly #parts: ImportParts
  readonly #request: ImportRequest
  readonly #tell: (progress: ToolProgress) => void
  readonly #signal: AbortSignal
  #record: ImportRecord

  private constructor(
    parts: ImportParts,
    request: ImportRequest,
    record: ImportRecord,
    tell: (progress: ToolProgress) => void,
    signal: AbortSignal,
  ) {
    this.#parts = parts
    this.#request = request
    this.#record = record
    this.#tell = tell
    this.#signal = signal
  }

  /** Throws `model_invalid` where it was refused, and what {@link ModelsPort.import} says. */
  static async run(
    parts: ImportParts,
    request: ImportRequest,
    tell: (progress: ToolProgress) => void,
    signal: AbortSignal,
  ): Promise<{ readonly model: RegisteredModel; readonly record: ImportRecord }> {
    const id = await parts.folders.make()
    const record: ImportRecord = {
      version: 1,
      id,
      state: 'claiming',
      path: request.path,
      declaredSource: request.source ?? null,
      by: request.by,
      startedAt: new Date().toISOString(),
      endedAt: null,
      sha256: null,
      bytes: 0,
      stage: null,
      verdicts: [],
      reason: null,
    }
    const it = new Import(parts, request, record, tell, signal)
    try {
      await it.#save({})
      const model = await it.#through()
      return { model, record: it.#record }
    } catch (error) {
      throw await it.#ended(error)
    }
  }

  async #through(): Promise<RegisteredModel> {
    await this.#stage('source', undefined)
    const candidate = await this.#claim()
    await this.#refuseKnown(candidate.digest)
    for (const stage of stageNames) {
      if (stage === 'source') continue
      await this.#stage(stage, candidate)
      await this.#rehash(candidate, `after the stage ${stage}`)
    }
    return await this.#promote(candidate)
  }

  /** A private copy of what was named, and of the signature beside it. */
  async #claim(): Promise<Candidate> {
    const { folders, files, runner, config } = this.#parts
    const folder = folders.candidate(this.#record.id)
    const claimed = await claimCandidate(files, this.#request.path, folder, {
      maxBytes: config.maxBytes,
      signal: this.#signal,
      tell: this.#tell,
    })
    const bundle = await readBundle(files, this.#request.signature)
    await syncFolder(folder)
    await this.#save({ state: 'examining', sha256: claimed.digest, bytes: claimed.bytes })
    return {
      folder: runner.candidateFolder(folder),
      files: claimed.files,
      isFolder: claimed.isFolder,
      digest: claimed.digest,
      expected: this.#request.sha256,
      declared: this.#request.source,
      bundle,
    }
  }

  /** Runs one stage; a refusal ends the import. */
  async #stage(stage: StageName, candidate: Candidate | undefined): Promise<void> {
    const { runner, config, folders } = this.#parts
    const number = stageNames.indexOf(stage) + 1
    const title = `Stage ${number} of ${stageNames.length}: ${stage}`
    this.#tell({ message: title, done: number - 1, total: stageNames.length })
    await this.#save({ stage })
    const job =
      candidate === undefined ? sourceJob(this.#request.source, config) : await jobFor(stage, candidate, this.#parts)
    const verdict = await runner.run(job, {
      folder: candidate === undefined ? undefined : folders.candidate(this.#record.id),
      ...allowanceOf(stage, this.#record.bytes, config),
      progress: ({ message, done, total }) =>
        this.#tell({ message: `${title}. ${message}`, done, total: Math.max(1, total) }),
      signal: this.#signal,
    })
    await this.#save({ stage: null, verdicts: [...this.#record.verdicts, verdict] })
    if (verdict.result === 'refused') throw new Refused(verdict)
  }

  /** The copy is still what was claimed. */
  async #rehash({ files, isFolder, digest }: Candidate, when: string): Promise<void> {
    const folder = this.#parts.folders.candidate(this.#record.id)
    const now: { name: string; sha256: string }[] = []
    for (const { name } of files) {
      await using file = await open(join(folder, name), 'r')
      const { sha256 } = await hashOf(file, { maxBytes: this.#parts.config.maxBytes, signal: this.#signal })
      now.push({ name, sha256 })
    }
    if ((isFolder ? folderDigest(now) : now[0]?.sha256) === digest) return
    throw new CastellanError(
      'model_invalid',
      `The copy in quarantine was changed (${when}): somebody writes where only agentd may. Nothing was let in.`,
    )
  }

  async #refuseKnown(digest: string): Promise<void> {
    const known = (await this.#parts.registry.models()).find(({ sha256 }) => sha256 === digest)
    if (known === undefined || known.removed) return
    throw new CastellanError('already_exists', `This very file is here already, as ${known.name} (${known.id}).`)
  }

  /** By one rename; and what the registry does not list is not trusted, wherever it lies. */
  async #promote(candidate: Candidate): Promise<RegisteredModel> {
    const { folders, registry, registryFolder } = this.#parts
    const described = candidateModel(this.#record, candidate, this.#request)
    await this.#save({ state: 'promoting' })
    const from = folders.candidate(this.#record.id)
    const target = join(registryFolder, described.file ?? '')
    await rename(described.format === 'folder' ? from : join(from, candidate.files[0]?.name ?? ''), target)
    await syncFolder(registryFolder)
    const seals = described.format === 'folder' ? [] : [await sealFile(target)]
    const model = { ...described, verdicts: [...described.verdicts, ...seals] }
    await registry.change('let_in', actorOf(this.#request), (models) => [
      ...models.filter(({ sha256 }) => sha256 !== model.sha256),
      model,
    ])
    // First the empty folder, then the last word: one that has ended is not looked at again.
    await folders.dropCandidate(this.#record.id)
    await this.#save({ state: 'trusted', endedAt: new Date().toISOString() })
    return model
  }

  /** What ended it, as the caller is told; the record says it too. */
  async #ended(error: unknown): Promise<unknown> {
    const refused = error instanceof Refused || (error instanceof CastellanError && error.code === 'model_invalid')
    const told = asTold(error, this.#request.path)
    const endedAt = new Date().toISOString()
    const reason = told instanceof Error ? told.message.slice(0, 1000) : String(told)
    try {
      if (refused) {
        await this.#save({ state: 'refused', endedAt, reason })
        await this.#recordRefusal(error)
      } else {
        if (this.#record.state === 'promoting') await this.#takeBack()
        // Nothing was decided, so there is nothing to keep.
        await this.#parts.folders.dropCandidate(this.#record.id)
        await this.#save({ state: 'interrupted', endedAt, reason })
      }
    } catch (failure) {
      this.#parts.log.error({ err: failure, import: this.#record.id }, 'how an import ended could not be kept')
    }
    return told
  }

  /** It was let pass and did not get onto the list; so its file does not stay in the folder. */
  async #takeBack(): Promise<void> {
    const { registry, registryFolder } = this.#parts
    await takeBack(registryFolder, this.#record, await registry.models())
  }

  async #recordRefusal(error: unknown): Promise<void> {
    const { id, sha256 } = this.#record
    const stage = error instanceof Refused ? error.verdict.stage : 'integrity'
    await this.#parts.ledger.append(
      {
        type: 'model_refused',
        actor: actorOf(this.#request),
        facts: { import: id, stage, ...(sha256 === null ? {} : { sha256 }) },
      },
      { verdicts: this.#record.verdicts },
    )
  }

  async #save(changes: Partial<ImportRecord>): Promise<void> {
    this.#record = { ...this.#record, ...changes }
    await this.#parts.folders.save(this.#record)
  }
}

class Refused extends Error {
  readonly verdict: StageVerdict

  constructor(verdict: StageVerdict) {
    super(verdict.summary)
    this.verdict = verdict
  }
}

function asTold(error: unknown, path: string): unknown {
  if (error instanceof Refused) {
    const { stage, summary } = error.verdict
    return new CastellanError('model_invalid', `${path} was refused at the stage ${stage}. ${summary}`, {
      cause: error,
    })
  }
  if (!(error instanceof ClaimError)) return error
  const code = error.code === 'too_large' ? 'too_large' : error.code === 'changed' ? 'conflict' : 'not_a_file'
  return new CastellanError(code, `${path} is not taken in. ${error.message}`, { cause: error })
}

function actorOf({ by }: ImportRequest): LedgerActor {
  return { kind: 'agent', name: by.slice(0, 80) || 'unknown' }
}
