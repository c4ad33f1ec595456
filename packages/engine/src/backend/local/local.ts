import { CastellanError, type EngineEvent, type ErrorEnvelope, errorFromEnvelope } from '@castellan/contracts'
import type { Log } from '@castellan/daemon'
import { EngineError } from '../../error.ts'
import { crashed, stalled, stoppedWhileLoading, unexpected } from '../../failures.ts'
import type { Trust } from '../../trust.ts'
import { chooseIsolation, type Isolation } from '../../worker/isolation.ts'
import type { Loaded, ModelDone, PrefixTotals, SeededCompletion, WorkerReport } from '../../worker/protocol.ts'
import type { Backend, BackendReport, BackendState } from '../backend.ts'
import { Decisions } from '../decision.ts'
import { completion } from './completion.ts'
import { type ModelFile, openModelFile, stampOf } from './file.ts'
import { type WorkerEnd, WorkerLink } from './link.ts'
import { localReport } from './report.ts'
import { Restarts } from './restarts.ts'
import { Runs } from './runs.ts'

export interface LocalOptions {
  readonly modelPath: string
  readonly slots: number
  readonly contextTokens: number
  readonly threads: number
  readonly gpu: boolean
  /** How long the worker may get no further before it is ended, in milliseconds; longer while it loads. */
  readonly stallMs: number
  /** Who may be loaded; anybody without it. */
  readonly trust: Trust | undefined
  readonly log: Log
}

/** Reading a large file from a slow disk says nothing for a while, in milliseconds. */
const LOADING_STALL_MS = 300_000
/** What may have been different a moment later: the next request tries again, once this many milliseconds have passed. */
const RETRY_FAILED_MS = 5000
const PASSING: readonly string[] = ['model_too_large', 'model_untrusted', 'engine_unavailable', 'engine_stalled']
const NO_TOTALS: PrefixTotals = { promptTokens: 0, reusedTokens: 0, copies: 0 }

/**
 * A GGUF file in a worker process of its own, because llama.cpp ends its process over some errors and nothing can catch
 * that. A worker that dies or hangs takes its completions with it (`engine_crashed`, `engine_stalled`) and is started
 * again; a file that cannot be loaded is reported once and left alone.
 */
export class LocalBackend implements Backend {
  readonly kind = 'llama.cpp'
  readonly #options: LocalOptions
  readonly #runs = new Runs()
  readonly #decisions = new Decisions()
  readonly #stopping = new AbortController()
  #state: 'loading' | 'ready' | 'asleep' | 'failed' = 'loading'
  #file: ModelFile | undefined
  #digest: string | undefined
  #loaded: Loaded | undefined
  /** Whether the worker that runs now has said so. */
  #isThere = false
  #prefix = NO_TOTALS
  #error: ErrorEnvelope | undefined
  #failedAt = 0
  #stamp: string | undefined
  #isolation: Isolation = { network: 'host', prefix: [] }
  #worker: WorkerLink | undefined
  #settled = Promise.withResolvers<void>()
  readonly #restarts = new Restarts()
  #endWatch: (() => void) | undefined

  constructor(options: LocalOptions) {
    this.#options = options
  }

  state(): BackendState {
    const [facts, digest] = [this.#file?.facts, this.#digest]
    const model =
      facts === undefined || digest === undefined || this.#state === 'failed'
        ? null
        : {
            name: facts.name,
            kind: facts.kind,
            digest,
            contextTokens: this.#loaded?.contextTokens ?? 0,
            parameters: facts.parameters,
          }
    return {
      state: this.#state === 'asleep' ? 'ready' : this.#state,
      loaded: this.#state === 'ready',
      model,
      network: this.#isolation.network,
      error: this.#error,
    }
  }

  get pid(): number | undefined {
    return this.#worker?.pid
  }

  async load(): Promise<void> {
    const { modelPath, log } = this.#options
    this.#stamp = await stampOf(modelPath)
    try {
      const file = await openModelFile(modelPath, this.#file, this.#stopping.signal)
      if (file !== this.#file) this.#digest = undefined
      this.#file = file
      this.#isolation = await chooseIsolation(this.#stopping.signal)
      if (this.#options.trust?.listed === true) await this.#options.trust.admit(await file.digest)
      this.#startWorker(file)
      const digest = await file.digest
      await this.#watchTrust(digest)
      this.#digest = digest
      this.#settle()
      await this.#settled.promise
      log.info({ state: this.state(), worker: this.pid }, 'loading has ended')
    } catch (error) {
      this.#fail(error instanceof EngineError ? error.toEnvelope() : unexpected(error))
    }
  }

  async ready(signal: AbortSignal, patienceMs: number): Promise<void> {
    if (this.#state === 'asleep' || ((await this.#mayTryAgain()) && this.#isFailed())) {
      this.#state = 'loading'
      this.#error = undefined
      this.#settled = Promise.withResolvers<void>()
      void this.load()
    }
    if (this.#state === 'loading') {
      const patience = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)])
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

  complete(request: SeededCompletion, signal: AbortSignal, release: () => void): AsyncGenerator<EngineEvent> {
    return completion(request, signal, {
      runs: this.#runs,
      worker: this.#state === 'ready' ? this.#worker : undefined,
      stallMs: this.#options.stallMs,
      release,
      stamped: (event, key) => this.#stamped(event, request, key),
    })
  }

  quiet(): Promise<void> {
    return this.#runs.empty()
  }

  async unload(reason?: ErrorEnvelope): Promise<void> {
    if (reason !== undefined) this.#runs.endAll(reason)
    if (this.#state !== 'ready' || this.#runs.size > 0) return
    this.#state = 'asleep'
    this.#isThere = false
    const worker = this.#worker
    this.#worker = undefined
    await worker?.stop()
  }

  async report(): Promise<BackendReport> {
    return {
      ...(await localReport(this.#options.modelPath, this.#file, this.state(), this.#loaded, this.pid)),
      prefix: this.#prefix,
    }
  }

  async stop(reason: ErrorEnvelope): Promise<void> {
    this.#stopping.abort(errorFromEnvelope(reason))
    this.#endWatch?.()
    this.#runs.endAll(reason)
    this.#settled.resolve()
    await this.#worker?.stop()
  }

  #stamped({ promptDigest, ...event }: ModelDone, request: SeededCompletion, key: string): EngineEvent {
    const modelDigest = this.#digest as string
    const by = `llama.cpp ${this.#loaded?.compute.release ?? ''}`
    return { ...event, decision: this.#decisions.of({ request, modelDigest, toolsKey: key, promptDigest, by }) }
  }

  /** From here on the model goes as soon as it is trusted no more, in the middle of an answer if need be. */
  async #watchTrust(digest: string): Promise<void> {
    const { trust } = this.#options
    if (trust === undefined) return
    await trust.admit(digest)
    this.#endWatch?.()
    this.#endWatch = trust.watch(digest, (error) => this.#fail(error.toEnvelope()))
  }

  #isFailed(): boolean {
    return this.#state === 'failed'
  }

  /** What passes by itself is tried again after a while; a file that could not be used, once it is another one. */
  async #mayTryAgain(): Promise<boolean> {
    if (this.#state !== 'failed') return false
    const passes = PASSING.includes(this.#error?.code ?? '') && Date.now() - this.#failedAt > RETRY_FAILED_MS
    return passes || (await stampOf(this.#options.modelPath)) !== this.#stamp
  }

  #startWorker(file: ModelFile): void {
    const { modelPath, slots, contextTokens, threads, gpu, log } = this.#options
    const worker = new WorkerLink(this.#isolation, log, {
      onReport: (report) => this.#worker === worker && this.#onReport(report),
      onEnd: (end) => this.#worker === worker && this.#onEnd(end),
    })
    this.#worker = worker
    const { kind } = file.facts
    worker.load({ modelPath, kind, slots, contextTokens, threads, gpu }, LOADING_STALL_MS)
  }

  #onReport(report: WorkerReport): void {
    if (report.type === 'ready') {
      this.#loaded = report.loaded
      this.#prefix = NO_TOTALS
      this.#isThere = true
      this.#settle()
    } else if (report.type === 'failed') {
      this.#fail(report.error)
    } else if (report.type === 'event') {
      this.#runs.push(report.id, report.event)
    } else if (report.type === 'end') {
      if (report.prefix !== null) this.#prefix = report.prefix
      this.#runs.end(report.id)
      if (this.#runs.size === 0) this.#worker?.rest()
    }
  }

  /** The model is ready when the worker has loaded it and the digest of its file is known. */
  #settle(): void {
    if (this.#state !== 'loading' || !this.#isThere || this.#digest === undefined) return
    this.#state = 'ready'
    this.#worker?.rest()
    this.#settled.resolve()
  }

  #onEnd({ how, signal, silentMs, livedMs, lastWords }: WorkerEnd): void {
    if (this.#stopping.signal.aborted || this.#state === 'failed') return
    const { modelPath, log } = this.#options
    if (this.#state === 'loading' && this.#restarts.crashes === 0) {
      const error = silentMs === undefined ? stoppedWhileLoading(modelPath, signal, how) : stalled(silentMs)
      this.#fail(error.toEnvelope())
      return
    }
    log.error({ how, lastWords, crashes: this.#restarts.crashes, silentMs }, 'the worker died; it is started again')
    const error = silentMs === undefined ? crashed(`stopped in the middle (${how})`) : stalled(silentMs)
    this.#runs.endAll(error.toEnvelope())
    this.#restartLater(this.#restarts.afterCrash(livedMs))
  }

  #restartLater(delayMs: number): void {
    if (this.#state === 'ready') this.#settled = Promise.withResolvers<void>()
    this.#state = 'loading'
    this.#isThere = false
    this.#worker = undefined
    const timer = setTimeout(() => {
      // The file is looked at again: it may be why the worker died.
      if (!this.#stopping.signal.aborted) void this.load()
    }, delayMs)
    this.#stopping.signal.addEventListener('abort', () => clearTimeout(timer), { once: true })
  }

  #fail(error: ErrorEnvelope): void {
    if (this.#stopping.signal.aborted) return
    this.#state = 'failed'
    this.#failedAt = Date.now()
    this.#error = error
    this.#options.log.error({ error }, 'the model cannot be used')
    this.#runs.endAll(error)
    void this.#worker?.stop()
    this.#settled.resolve()
  }
}
