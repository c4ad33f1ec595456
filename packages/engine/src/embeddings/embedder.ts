import {
  CastellanError,
  type EmbeddingModelFacts,
  type EngineEmbeddingState,
  type EngineEmbeddings,
  type ErrorEnvelope,
  errorFromEnvelope,
} from '@castellan/contracts'
import type { Log } from '@castellan/daemon'
import { type EmbeddingFacts, fileDigest, GgufError, inspectEmbeddingModel } from '@castellan/gguf'
import { EngineError } from '../error.ts'
import { stoppedWhileLoading, unexpected } from '../failures.ts'
import { chooseIsolation } from '../worker/isolation.ts'
import { type WorkerExit, WorkerProcess } from '../worker/process.ts'
import { Line } from './line.ts'
import { refuseTooLarge } from './memory.ts'
import type { Embedded, EmbeddingCommand, EmbeddingReport } from './protocol.ts'

export interface EmbedderOptions {
  /** Undefined where no embedding model is configured. */
  readonly modelPath: string | undefined
  /** Longest text, in tokens. */
  readonly contextTokens: number
  readonly threads: number
  /** Time without a request after which the model leaves the memory, in milliseconds; 0 for never. */
  readonly idleMs: number
  /** Requests that may wait for the one under way. */
  readonly queue: number
  /** Longest silence of the worker about a text before it counts as hung, in milliseconds. */
  readonly stallMs?: number
  readonly log: Log
}

const STALL_MS = 120_000
const STALLED =
  'The embedding model said nothing for too long, so its process was ended. The next request starts it again.'

/** The worker of one loaded model, and the request it works on. */
interface Loaded {
  readonly worker: WorkerProcess<EmbeddingCommand, EmbeddingReport>
  readonly facts: EmbeddingModelFacts
}

interface Running {
  readonly id: number
  readonly take: (embedded: Embedded) => void
  readonly settle: (error?: CastellanError) => void
}

/**
 * The model that makes vectors of texts, in a worker process of its own: started by the first request, ended when nobody has
 * asked for a while, started again after it died. Requests are answered one after the other.
 */
export class Embedder {
  readonly #options: EmbedderOptions
  readonly #line: Line
  readonly #stopping = new AbortController()
  /** The model once it answers, or on its way there. */
  #loading: Promise<Loaded> | undefined
  #worker: WorkerProcess<EmbeddingCommand, EmbeddingReport> | undefined
  #state: EngineEmbeddingState['state']
  #known: EmbeddingModelFacts | null = null
  #error: ErrorEnvelope | undefined
  #running: Running | undefined
  #idle: NodeJS.Timeout | undefined
  #nextId = 1

  constructor(options: EmbedderOptions) {
    this.#options = options
    this.#line = new Line(options.queue)
    this.#state = options.modelPath === undefined ? 'off' : 'idle'
  }

  state(): EngineEmbeddingState {
    return {
      state: this.#state,
      model: this.#known,
      ...(this.#error === undefined ? {} : { error: this.#error }),
    }
  }

  /** Process id of the worker, for tests and logs. */
  get workerPid(): number | undefined {
    return this.#worker?.pid
  }

  /**
   * Makes a vector of each text. Throws `embeddings_off`, `model_invalid`, `model_too_large`, `input_too_long`, `invalid_request`
   * for a blank text, `engine_queue_full`, `engine_crashed`, `engine_stalled`, and the signal's reason.
   */
  async embed(inputs: readonly string[], truncate: boolean, signal: AbortSignal): Promise<EngineEmbeddings> {
    this.#refuseWithoutModel()
    const leave = await this.#line.enter(signal)
    clearTimeout(this.#idle)
    try {
      const { worker, facts } = await this.#load()
      signal.throwIfAborted()
      return { model: facts, vectors: await this.#run(worker, inputs, truncate, signal) }
    } finally {
      leave()
      if (this.#line.empty) this.#unloadWhenIdle()
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new CastellanError('shutting_down', 'The engine is stopping.'))
    clearTimeout(this.#idle)
    await this.#letGo()
  }

  #refuseWithoutModel(): void {
    if (this.#options.modelPath !== undefined) return
    throw new CastellanError(
      'embeddings_off',
      'No embedding model is configured, so no vectors are made. Name a GGUF of one in the engine’s `embeddingModel` and start it again.',
    )
  }

  /** The loaded model. A file that cannot be loaded is tried again by the next request: it may have been replaced. */
  #load(): Promise<Loaded> {
    this.#loading ??= this.#start().catch((error: unknown) => {
      this.#loading = undefined
      const envelope = envelopeOf(error)
      if (!this.#stopping.signal.aborted) {
        this.#state = 'failed'
        this.#error = envelope
        this.#options.log.error({ error: envelope }, 'the embedding model cannot be used')
      }
      void this.#letGo()
      throw errorFromEnvelope(envelope)
    })
    return this.#loading
  }

  async #start(): Promise<Loaded> {
    const { modelPath = '', contextTokens, threads, log } = this.#options
    this.#state = 'loading'
    const inspected = await inspectEmbeddingModel(modelPath)
    refuseTooLarge(inspected, Math.min(contextTokens, inspected.trainedContextTokens))
    const [isolation, digest] = await Promise.all([
      chooseIsolation(this.#stopping.signal),
      fileDigest(modelPath, this.#stopping.signal),
    ])
    const ready = Promise.withResolvers<Extract<EmbeddingReport, { type: 'ready' }>>()
    const worker: WorkerProcess<EmbeddingCommand, EmbeddingReport> = new WorkerProcess(
      isolation,
      log,
      {
        onReport: (report) => this.#onReport(report, ready),
        onExit: (exit) => this.#onExit(exit, worker, ready.reject),
      },
      '../embeddings/worker',
    )
    this.#worker = worker
    worker.send({ type: 'load', options: { modelPath, contextTokens, threads } })
    const facts = factsOf(inspected, digest, await ready.promise)
    this.#known = facts
    this.#error = undefined
    this.#state = 'ready'
    log.info({ model: facts, worker: worker.pid }, 'the embedding model is loaded')
    return { worker, facts }
  }

  #run(
    worker: Loaded['worker'],
    inputs: readonly string[],
    truncate: boolean,
    signal: AbortSignal,
  ): Promise<Embedded[]> {
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      const embedded: Embedded[] = []
      const { stallMs = STALL_MS, log } = this.#options
      const stalled = (): void => {
        log.error({ worker: worker.pid }, 'the embedding model hangs; its process is ended')
        running.settle(new CastellanError('engine_stalled', STALLED, { retryAfterSeconds: 1 }))
        void this.#letGo()
      }
      let watchdog = setTimeout(stalled, stallMs)
      const onAbort = (): void => worker.send({ type: 'cancel', id })
      signal.addEventListener('abort', onAbort, { once: true })
      const settle = (error?: CastellanError): void => {
        signal.removeEventListener('abort', onAbort)
        clearTimeout(watchdog)
        this.#running = undefined
        if (signal.aborted) reject(signal.reason)
        else if (error === undefined) resolve(embedded)
        else reject(error)
      }
      const take = (one: Embedded): void => {
        embedded.push(one)
        clearTimeout(watchdog)
        watchdog = setTimeout(stalled, stallMs)
      }
      const running = { id, take, settle }
      this.#running = running
      worker.send({ type: 'embed', id, inputs, truncate })
    })
  }

  #onReport(report: EmbeddingReport, ready: PromiseWithResolvers<Extract<EmbeddingReport, { type: 'ready' }>>): void {
    if (report.type === 'ready') ready.resolve(report)
    else if (report.type === 'failed') ready.reject(errorFromEnvelope(report.error))
    else if (report.id === this.#running?.id) {
      if (report.type === 'embedded') this.#running.take(report.embedded)
      else this.#running.settle(report.error === undefined ? undefined : errorFromEnvelope(report.error))
    }
  }

  #onExit(exit: WorkerExit, worker: Loaded['worker'], reject: (error: Error) => void): void {
    if (this.#worker !== worker) return
    this.#worker = undefined
    this.#loading = undefined
    const how = exit.signal === null ? `exit code ${exit.code}` : `signal ${exit.signal}`
    const words = exit.lastWords === '' ? how : `${how}: ${exit.lastWords}`
    reject(stoppedWhileLoading(this.#options.modelPath ?? '', exit.signal, words))
    if (this.#state !== 'failed') this.#state = 'idle'
    this.#running?.settle(
      new CastellanError(
        'engine_crashed',
        `The embedding model's process stopped in the middle (${words}). The next request starts it again.`,
        { retryAfterSeconds: 1 },
      ),
    )
  }

  #unloadWhenIdle(): void {
    const { idleMs, log } = this.#options
    clearTimeout(this.#idle)
    if (idleMs === 0 || this.#stopping.signal.aborted) return
    this.#idle = setTimeout(() => {
      if (!this.#line.empty || this.#worker === undefined) return
      log.info({ worker: this.#worker.pid }, 'the embedding model leaves the memory, as nobody has asked for a while')
      this.#state = 'idle'
      void this.#letGo()
    }, idleMs)
    this.#idle.unref()
  }

  /** Ends the worker; whoever asks meanwhile starts another one. */
  async #letGo(): Promise<void> {
    const worker = this.#worker
    this.#worker = undefined
    this.#loading = undefined
    await worker?.stop()
  }
}

function factsOf(
  { name }: EmbeddingFacts,
  digest: string,
  { dimensions, contextTokens }: Extract<EmbeddingReport, { type: 'ready' }>,
): EmbeddingModelFacts {
  return { name, digest, dimensions, contextTokens }
}

function envelopeOf(error: unknown): ErrorEnvelope {
  if (error instanceof CastellanError || error instanceof EngineError) return error.toEnvelope()
  if (error instanceof GgufError) return { code: 'model_invalid', message: error.message }
  return unexpected(error)
}
