import { availableParallelism } from 'node:os'
import {
  CastellanError,
  type EngineEvent,
  type EngineModelFacts,
  type ErrorEnvelope,
  errorFromEnvelope,
} from '@castellan/contracts'
import type { Log } from '@castellan/daemon'
import { stalled } from '../../failures.ts'
import type { SeededCompletion } from '../../worker/protocol.ts'
import type { Backend, BackendReport, BackendState } from '../backend.ts'
import { Decisions, toolsKey } from '../decision.ts'
import { Watchdog } from '../watchdog.ts'
import { parseAddress } from './address.ts'
import { readAnswer } from './answer.ts'
import { askFacts, type ServerFacts } from './facts.ts'
import { ServerHttp } from './http.ts'
import { refusal } from './refusal.ts'
import { chatBody } from './request.ts'

export interface LlamaServerOptions {
  /** As {@link parseAddress} reads it. */
  readonly address: string
  /** How long the server may say nothing in the middle of an answer, in milliseconds. */
  readonly stallMs: number
  readonly log: Log
}

/** How often a server that does not answer yet is asked again while somebody waits for it, in milliseconds. */
const ASK_AGAIN_MS = 250
/** How long the server may take to say what it is, in milliseconds. */
const FACTS_MS = 5000
/** What is known of a server's model is asked for again after this time, in milliseconds: it may have been exchanged. */
const FACTS_STAY_MS = 10_000

/** A llama-server that the owner runs on this machine: it holds the model, we ask it over HTTP. */
export class LlamaServerBackend implements Backend {
  readonly kind = 'llama-server'
  readonly pid = undefined
  readonly #options: LlamaServerOptions
  readonly #http: ServerHttp
  readonly #decisions = new Decisions()
  readonly #stopping = new AbortController()
  readonly #running = new Set<(reason: CastellanError) => void>()
  readonly #totals = { promptTokens: 0, reusedTokens: 0, copies: 0 }
  #facts: ServerFacts | undefined
  #askedAt = 0
  #error: CastellanError | undefined
  readonly #onQuiet: (() => void)[] = []

  constructor(options: LlamaServerOptions) {
    this.#options = options
    this.#http = new ServerHttp(parseAddress(options.address))
  }

  state(): BackendState {
    const state = this.#facts !== undefined ? 'ready' : this.#error?.code === 'engine_loading' ? 'loading' : 'failed'
    return {
      state: this.#askedAt === 0 ? 'loading' : state,
      loaded: state === 'ready',
      model: this.#facts === undefined ? null : plainFacts(this.#facts.model),
      error: state === 'failed' ? this.#error?.toEnvelope() : undefined,
      network: 'host',
    }
  }

  async load(): Promise<void> {
    await this.#ask()
  }

  async ready(signal: AbortSignal, patienceMs: number): Promise<void> {
    const until = Date.now() + patienceMs
    for (;;) {
      const isFresh = this.#facts !== undefined && Date.now() - this.#askedAt < FACTS_STAY_MS
      if (isFresh || (await this.#ask())) return
      signal.throwIfAborted()
      if (Date.now() >= until) throw this.#error as CastellanError
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS))
    }
  }

  async *complete(request: SeededCompletion, signal: AbortSignal, release: () => void): AsyncGenerator<EngineEvent> {
    if (signal.aborted) return release()
    const facts = this.#facts as ServerFacts
    const over = new AbortController()
    const stop = (reason: CastellanError): void => over.abort(reason)
    const watchdog = new Watchdog(() => stop(stalled(this.#options.stallMs)))
    this.#running.add(stop)
    watchdog.watch(this.#options.stallMs)
    try {
      const either = AbortSignal.any([signal, over.signal])
      const answer = await this.#http.events('/v1/chat/completions', either, chatBody(request))
      if ('value' in answer) throw refusal(answer.status, answer.value, this.#http.address)
      for await (const event of readAnswer(answer.data, request.tools, this.#http.address)) {
        watchdog.heard()
        if (event.type === 'done') {
          this.#totals.promptTokens += event.usage.promptTokens
          this.#totals.reusedTokens += event.usage.cacheReadTokens ?? 0
          const key = toolsKey(request.tools)
          const decided = { request, modelDigest: facts.model.digest, toolsKey: key, promptDigest: undefined }
          yield { ...event, decision: this.#decisions.of({ ...decided, by: `llama-server ${facts.build}`.trim() }) }
        } else yield event
      }
    } catch (error) {
      if (!signal.aborted) yield { type: 'error', error: this.#explain(error, over.signal).toEnvelope() }
    } finally {
      // Closing the request is how a llama-server hears that nobody waits any more.
      over.abort()
      watchdog.rest()
      this.#running.delete(stop)
      release()
      if (this.#running.size === 0) for (const tell of this.#onQuiet.splice(0)) tell()
    }
  }

  async quiet(): Promise<void> {
    if (this.#running.size > 0) await new Promise<void>((resolve) => this.#onQuiet.push(resolve))
  }

  /** The model is the server's, and stays in its memory. */
  async unload(reason?: ErrorEnvelope): Promise<void> {
    if (reason !== undefined) for (const stop of [...this.#running]) stop(errorFromEnvelope(reason))
  }

  async report(): Promise<BackendReport> {
    await this.#ask()
    return {
      version: this.#facts?.build ?? null,
      model: this.#facts?.model ?? null,
      compute: {
        device: null,
        why: `The llama-server at ${this.#http.address} computes; what it uses, its own log tells.`,
        devices: [],
        layersOnGpu: 0,
        layers: 0,
        threads: 0,
        cores: availableParallelism(),
        features: '',
      },
      need: null,
      resident: null,
      gpu: null,
      prefix: { ...this.#totals },
    }
  }

  async stop(reason: ErrorEnvelope): Promise<void> {
    this.#stopping.abort(errorFromEnvelope(reason))
    await this.unload(reason)
  }

  /** True when the server answers for its model. */
  async #ask(): Promise<boolean> {
    const late = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(FACTS_MS)])
    try {
      this.#facts = await askFacts(this.#http, late)
      this.#error = undefined
    } catch (error) {
      this.#facts = undefined
      this.#error = this.#explain(error, late)
      this.#options.log.warn({ err: this.#error }, 'the llama-server cannot be used')
    }
    this.#askedAt = Date.now()
    return this.#facts !== undefined
  }

  #explain(error: unknown, ended: AbortSignal): CastellanError {
    const why = ended.aborted ? ended.reason : error
    if (why instanceof CastellanError) return why
    return new CastellanError(
      'engine_unavailable',
      `The llama-server at ${this.#http.address} did not answer in time. See its own log.`,
      { cause: error, retryAfterSeconds: 2 },
    )
  }
}

function plainFacts({ name, kind, digest, contextTokens, parameters }: ServerFacts['model']): EngineModelFacts {
  return { name, kind, digest, contextTokens, parameters }
}
