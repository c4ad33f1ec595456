import {
  CastellanError,
  type EngineEvent,
  type EngineHealth,
  type ErrorEnvelope,
  errorFromEnvelope,
} from '@castellan/contracts'
import type { Log } from '@castellan/daemon'
import { fileDigest, type ModelFacts } from '@castellan/gguf'
import { EngineError } from './error.ts'
import { crashed, stoppedWhileLoading, unexpected } from './failures.ts'
import { inspectModel } from './gguf.ts'
import { type Release, Slots } from './slots.ts'
import { EventChannel } from './worker/channel.ts'
import { chooseIsolation, type Isolation } from './worker/isolation.ts'
import { type WorkerExit, WorkerProcess } from './worker/process.ts'
import type { Completion, WorkerReport } from './worker/protocol.ts'

export interface EngineOptions {
  readonly modelPath: string
  readonly slots: number
  /** Requests that may wait for a slot. */
  readonly queue: number
  readonly contextTokens: number
  readonly threads: number
  readonly log: Log
}

/** How long a completion waits for a model that is still loading, before it is told to come back; in milliseconds. */
const LOADING_PATIENCE_MS = 2000
/** Pause before the worker is started again after its first, second … crash in a row, in milliseconds. */
const RESTART_DELAYS_MS = [0, 1000, 4000, 15_000, 60_000]
/** A worker that lived this long had not crashed "in a row", in milliseconds. */
const STEADY_MS = 60_000

interface Running {
  readonly channel: EventChannel
  readonly release: Release
}

/**
 * The engine: one model in a worker process of its own, because llama.cpp ends its process over some errors and nothing can
 * catch that. A worker that dies takes its completions with it (`engine_crashed`) and is started again; a file that cannot
 * be loaded is reported once and left alone.
 */
export class Engine {
  readonly #options: EngineOptions
  readonly #slots: Slots
  readonly #running = new Map<number, Running>()
  readonly #stopping = new AbortController()
  #state: EngineHealth['state'] = 'loading'
  #facts: ModelFacts | undefined
  #digest: string | undefined
  #contextTokens = 0
  #error: ErrorEnvelope | undefined
  #isolation: Isolation = { network: 'host', prefix: [] }
  #worker: WorkerProcess | undefined
  #settled = Promise.withResolvers<void>()
  #nextId = 1
  #crashes = 0

  constructor(options: EngineOptions) {
    this.#options = options
    this.#slots = new Slots(options.slots, options.queue)
  }

  health(): EngineHealth {
    const model =
      this.#facts === undefined || this.#digest === undefined || this.#state === 'failed'
        ? null
        : {
            name: this.#facts.name,
            kind: this.#facts.kind,
            digest: this.#digest,
            contextTokens: this.#contextTokens,
            parameters: this.#facts.parameters,
          }
    return {
      state: this.#state,
      model,
      busy: this.#slots.busy,
      slots: this.#slots.total,
      network: this.#isolation.network,
      ...(this.#error === undefined ? {} : { error: this.#error }),
    }
  }

  /** Process id of the worker, for tests and logs. */
  get workerPid(): number | undefined {
    return this.#worker?.pid
  }

  /** Checks the file and loads it. Resolves when the state is no longer `loading`; never rejects. */
  async load(): Promise<void> {
    const { modelPath, log } = this.#options
    try {
      this.#facts = await inspectModel(modelPath)
      this.#isolation = await chooseIsolation(this.#stopping.signal)
      this.#startWorker()
      this.#digest = await fileDigest(modelPath, this.#stopping.signal)
      this.#settle()
      await this.#settled.promise
      log.info({ health: this.health(), worker: this.workerPid }, 'loading has ended')
    } catch (error) {
      this.#fail(error instanceof EngineError ? error.toEnvelope() : unexpected(error))
    }
  }

  /**
   * Runs one completion. Rejects before its first event with `engine_loading`, `model_invalid`, `busy` or the signal's
   * reason; after that every stream ends with `done` or `error`. Aborting the signal cancels it and frees its slot.
   */
  async complete(request: Completion, signal: AbortSignal): Promise<AsyncIterable<EngineEvent>> {
    await this.#ready(signal)
    const release = await this.#slots.acquire(signal)
    if (this.#state !== 'ready' || this.#worker === undefined) {
      release()
      throw crashed('stopped while this request waited')
    }
    const worker = this.#worker
    const id = this.#nextId++
    const channel = new EventChannel()
    this.#running.set(id, { channel, release })
    const cancel = (): void => {
      worker.send({ type: 'cancel', id })
      channel.end()
    }
    signal.addEventListener('abort', cancel, { once: true })
    worker.send({ type: 'complete', id, request })
    return read(channel, cancel)
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new CastellanError('shutting_down', 'The engine is stopping.'))
    await this.#worker?.stop()
  }

  async #ready(signal: AbortSignal): Promise<void> {
    if (this.#state === 'loading') {
      const patience = AbortSignal.any([signal, AbortSignal.timeout(LOADING_PATIENCE_MS)])
      const tired = new Promise<void>((resolve) => patience.addEventListener('abort', () => resolve(), { once: true }))
      await Promise.race([this.#settled.promise, tired])
      signal.throwIfAborted()
    }
    if (this.#state === 'failed') throw errorFromEnvelope(this.#error as ErrorEnvelope)
    if (this.#state === 'loading') {
      throw new CastellanError('engine_loading', 'The model is still being loaded. Try again in a moment.', {
        retryAfterSeconds: 1,
      })
    }
  }

  #startWorker(): void {
    const { modelPath, slots, contextTokens, threads, log } = this.#options
    const startedAt = Date.now()
    const worker = new WorkerProcess(this.#isolation, log, {
      onReport: (report) => this.#onReport(report),
      onExit: (exit) => this.#onExit(exit, Date.now() - startedAt),
    })
    this.#worker = worker
    const kind = (this.#facts as ModelFacts).kind
    worker.send({ type: 'load', options: { modelPath, kind, slots, contextTokens, threads } })
  }

  #onReport(report: WorkerReport): void {
    if (report.type === 'ready') {
      this.#contextTokens = report.contextTokens
      this.#settle()
    } else if (report.type === 'failed') {
      this.#fail(report.error)
    } else if (report.type === 'event') {
      this.#running.get(report.id)?.channel.push(report.event)
    } else {
      this.#finish(report.id)
    }
  }

  /** The model is ready when the worker has loaded it and the digest of its file is known. */
  #settle(): void {
    if (this.#state !== 'loading' || this.#contextTokens === 0 || this.#digest === undefined) return
    this.#state = 'ready'
    this.#settled.resolve()
  }

  #onExit(exit: WorkerExit, livedMs: number): void {
    if (this.#stopping.signal.aborted || this.#state === 'failed') return
    const how = exit.signal === null ? `exit code ${exit.code}` : `signal ${exit.signal}`
    const words = exit.lastWords === '' ? '' : `: ${exit.lastWords}`
    if (this.#state === 'loading' && this.#crashes === 0) {
      this.#fail(stoppedWhileLoading(this.#options.modelPath, exit.signal, `${how}${words}`).toEnvelope())
      return
    }
    this.#options.log.error({ ...exit, crashes: this.#crashes }, 'the worker died; it is started again')
    const error = crashed(`stopped in the middle (${how}${words})`).toEnvelope()
    for (const [id, { channel }] of this.#running) {
      channel.push({ type: 'error', error })
      this.#finish(id)
    }
    this.#crashes = livedMs > STEADY_MS ? 1 : this.#crashes + 1
    this.#restartLater(RESTART_DELAYS_MS[Math.min(this.#crashes, RESTART_DELAYS_MS.length) - 1] as number)
  }

  #restartLater(delayMs: number): void {
    if (this.#state === 'ready') this.#settled = Promise.withResolvers<void>()
    this.#state = 'loading'
    this.#contextTokens = 0
    this.#worker = undefined
    const timer = setTimeout(() => {
      if (!this.#stopping.signal.aborted) this.#startWorker()
    }, delayMs)
    this.#stopping.signal.addEventListener('abort', () => clearTimeout(timer), { once: true })
  }

  #finish(id: number): void {
    const running = this.#running.get(id)
    if (running === undefined) return
    this.#running.delete(id)
    running.channel.end()
    running.release()
  }

  #fail(error: ErrorEnvelope): void {
    if (this.#stopping.signal.aborted) return
    this.#state = 'failed'
    this.#error = error
    this.#options.log.error({ error }, 'the model cannot be used')
    void this.#worker?.stop()
    this.#settled.resolve()
  }
}

/** Leaving the loop early cancels the completion as an aborted request does. */
async function* read(channel: EventChannel, cancel: () => void): AsyncGenerator<EngineEvent> {
  let whole = false
  try {
    yield* channel
    whole = true
  } finally {
    if (!whole) cancel()
  }
}
