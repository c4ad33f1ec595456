import { CastellanError, type EngineModelSwitch, type ErrorEnvelope } from '@castellan/contracts'
import type { ChosenModel } from '@castellan/contracts/api'
import type { Log } from '@castellan/daemon'
import { toCastellanError } from '../plugins/errors.ts'
import type { Records } from '../records.ts'
import { type Choice, readChoice, writeChoice } from './chosen.ts'
import type { EngineModels } from './engine-models.ts'

/** Between two tries to bring back a chosen model that the engine refuses, in milliseconds. */
const RETRY_MS = 60_000

export interface ModelKeeperParts {
  /** `model.json` in the gateway's own folder. */
  readonly path: string
  readonly engine: Pick<EngineModels, 'health' | 'switchTo'>
  readonly records: Pick<Records, 'append'>
  readonly log: Pick<Log, 'warn' | 'info'>
  readonly now?: () => number
}

/** A model of agentd's registry. */
export type RegisteredModel = Pick<Choice, 'id' | 'name' | 'sha256'>

/**
 * Which model was chosen, kept over restarts of every process: the engine itself writes to nothing and starts with its configured
 * model, so whoever asks it has {@link settle} bring the chosen one back first.
 */
export class ModelKeeper {
  readonly #parts: ModelKeeperParts
  #chosen: Choice | null
  #problem: ErrorEnvelope | undefined
  #retryAt = 0
  #settling: Promise<void> | undefined
  #choosing: Promise<unknown> = Promise.resolve()

  private constructor(parts: ModelKeeperParts, chosen: Choice | null) {
    this.#parts = parts
    this.#chosen = chosen
  }

  /** What was chosen before. A file of it that is not ours is said in the log, and the configured model answers. */
  static async open(parts: ModelKeeperParts): Promise<ModelKeeper> {
    const chosen = await readChoice(parts.path).catch((error: unknown) => {
      parts.log.warn({ err: error }, 'which model was chosen is not known')
      return null
    })
    return new ModelKeeper(parts, chosen)
  }

  /** Null for the configured model. */
  get chosen(): ChosenModel | null {
    if (this.#chosen === null) return null
    return { ...this.#chosen, ...(this.#problem === undefined ? {} : { problem: this.#problem }) }
  }

  /**
   * Lets the engine answer with a model of the registry, or with the configured one. Throws why the engine cannot,
   * `manifest_mismatch` where its file is not what was let in, and what the ledger refuses with; the model is then as before.
   */
  use(model: RegisteredModel | null, by: string): Promise<EngineModelSwitch> {
    const done = this.#choosing.then(() => this.#use(model, by))
    this.#choosing = done.catch(() => undefined)
    return done
  }

  /** Brings the chosen model back where the engine has another one. Never rejects: what keeps it is told by {@link chosen}. */
  async settle(): Promise<void> {
    const { now = () => performance.now() } = this.#parts
    if (this.#chosen === null || now() < this.#retryAt) return
    this.#settling ??= this.#choosing
      .then(() => this.#bringBack())
      .catch((error: unknown) => this.#keepProblem(toCastellanError(error), now() + RETRY_MS))
      .finally(() => {
        this.#settling = undefined
      })
    await this.#settling
  }

  async #use(model: RegisteredModel | null, by: string): Promise<EngineModelSwitch> {
    const { path, records, log } = this.#parts
    const before = this.#chosen
    const switched = await this.#switchTo(model)
    try {
      const from = switched.previous === null ? {} : { from: switched.previous.digest }
      const to = { to: switched.model.digest, configured: model === null }
      await records.append({ type: 'model_chosen', ...from, ...to, by })
      const chosen = model === null ? null : { ...named(model), chosen_at: new Date().toISOString() }
      await writeChoice(path, chosen)
      this.#chosen = chosen
    } catch (error) {
      await this.#switchTo(before).catch((cause: unknown) =>
        log.warn({ err: cause }, 'the old model did not come back'),
      )
      throw error
    }
    this.#problem = undefined
    this.#retryAt = 0
    return switched
  }

  async #bringBack(): Promise<void> {
    const chosen = this.#chosen
    if (chosen === null) return
    const { state, model } = await this.#parts.engine.health()
    // Whoever asks it now waits for it as well, and comes here again.
    if (state === 'loading') return
    if (model?.digest !== chosen.sha256) {
      await this.#switchTo(chosen)
      this.#parts.log.info({ model: chosen.id }, 'the chosen model answers again')
    }
    this.#problem = undefined
  }

  /** Files of the registry are named by their digests. */
  async #switchTo(model: RegisteredModel | null): Promise<EngineModelSwitch> {
    const { engine } = this.#parts
    const switched = await engine.switchTo(model === null ? { configured: true } : { id: model.sha256 })
    if (model === null || switched.model.digest === model.sha256) return switched
    await engine.switchTo({ configured: true }).catch(() => undefined)
    throw new CastellanError(
      'manifest_mismatch',
      `The file of ${model.name} is not the one that was let in (its SHA-256 is ${switched.model.digest}), so it is not used. ` +
        `agentctl call model_verify '{"id":"${model.id}"}' looks at it.`,
    )
  }

  #keepProblem(error: CastellanError, retryAt: number): void {
    // An engine that is away, slow, or busy with the very same is asked again by the next who needs it.
    if (error.code === 'engine_unavailable' || error.code === 'model_switching' || error.code === 'deadline_exceeded') {
      return
    }
    this.#problem = error.toEnvelope()
    this.#retryAt = retryAt
    this.#parts.log.warn(
      { err: error, model: this.#chosen?.id },
      'the chosen model cannot be used; another one answers',
    )
  }
}

function named({ id, name, sha256 }: RegisteredModel): RegisteredModel {
  return { id, name, sha256 }
}
