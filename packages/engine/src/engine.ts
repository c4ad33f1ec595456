import { performance } from 'node:perf_hooks'
import {
  CastellanError,
  type EngineDoctor,
  type EngineEvent,
  type EngineHealth,
  type EngineModelSwitch,
} from '@castellan/contracts'
import type { Log } from '@castellan/daemon'
import type { Backend } from './backend/backend.ts'
import { seeded } from './backend/decision.ts'
import { diagnose } from './doctor.ts'
import { Idle } from './idle.ts'
import { Slots } from './queue/slots.ts'
import { type MakeBackend, switchBackend } from './switch.ts'
import { EventChannel } from './worker/channel.ts'
import type { Completion } from './worker/protocol.ts'

export interface EngineOptions {
  /** Makes the backend for a model file, or the one that was configured without one. */
  readonly makeBackend: MakeBackend
  readonly slots: number
  /** Requests that may wait for a slot. */
  readonly queue: number
  /** Time without a request after which the model leaves the memory, in milliseconds; 0 for never. */
  readonly idleMs: number
  readonly log: Log
}

/** How long a completion waits for a model that is still loading, before it is told to come back; in milliseconds. */
const LOADING_PATIENCE_MS = 2000
/** One that has waited for its turn stays for a worker that is started again meanwhile. In milliseconds. */
const TURN_PATIENCE_MS = 60_000

/** The engine: who may ask when, and the backend that answers. */
export class Engine {
  readonly #options: EngineOptions
  readonly #slots: Slots
  readonly #idle: Idle
  readonly #stopping = new AbortController()
  #backend: Backend
  #switching = false

  constructor(options: EngineOptions) {
    this.#options = options
    this.#slots = new Slots(options.slots, options.queue)
    this.#backend = options.makeBackend()
    this.#idle = new Idle(
      options.idleMs,
      () => this.#slots.busy > 0 || this.#slots.waiting > 0 || this.#switching,
      () => void this.#sleep(),
    )
  }

  /** Process id of the worker, for tests and logs. */
  get workerPid(): number | undefined {
    return this.#backend.pid
  }

  health(): EngineHealth {
    const { state, loaded, model, network, error } = this.#backend.state()
    return {
      state,
      loaded,
      model,
      busy: this.#slots.busy,
      slots: this.#slots.total,
      waiting: this.#slots.waiting,
      network,
      ...(error === undefined ? {} : { error }),
    }
  }

  /** What is used and why, and what would be better. */
  async doctor(): Promise<EngineDoctor> {
    const { slots, queue, idleMs } = this.#options
    const line = { total: slots, busy: this.#slots.busy, waiting: this.#slots.waiting, queueLimit: queue }
    return diagnose(this.#backend, await this.#backend.report(), { ...line, idleUnloadSeconds: idleMs / 1000 })
  }

  /** Brings the configured model into memory. Resolves when the state is no longer `loading`; never rejects. */
  async load(): Promise<void> {
    await this.#backend.load()
    this.#idle.touch()
  }

  /**
   * Runs one completion. Rejects before its first event with `engine_loading`, `model_invalid`, `engine_queue_full` or the
   * signal's reason; after that every stream ends with `done` or `error`. Aborting the signal cancels it and frees its slot.
   */
  async complete(request: Completion, signal: AbortSignal): Promise<AsyncIterable<EngineEvent>> {
    this.#idle.touch()
    await this.#backend.ready(signal, LOADING_PATIENCE_MS)
    const left = new AbortController()
    const either = AbortSignal.any([signal, left.signal])
    const places = new EventChannel<EngineEvent>()
    const turn = this.#slots
      .acquire(request, either, (place, waiting) => places.push({ type: 'queued', place, waiting }))
      .finally(() => places.end())
    // Whoever reads the stream hears of it; a stream that is never read is no reason to fail.
    turn.catch(ignore)
    return this.#run(request, either, turn, places, left)
  }

  /**
   * Answers with another model from now on. What runs is brought to an end by the old one. Rejects with why the new one cannot
   * be used, and the old one stays; `model_switching` while another change is under way.
   */
  async switchModel(path?: string): Promise<EngineModelSwitch> {
    if (this.#switching) {
      throw new CastellanError('model_switching', 'The model is being exchanged already. Wait until that is done.')
    }
    this.#switching = true
    const started = performance.now()
    const { makeBackend, log } = this.#options
    const previous = this.#backend.state().model
    try {
      const how = await switchBackend({
        old: this.#backend,
        make: () => makeBackend(path),
        slots: this.#slots,
        use: (backend) => {
          this.#backend = backend
        },
        signal: this.#stopping.signal,
        log,
      })
      const { model } = this.#backend.state()
      if (model === null) throw new CastellanError('shutting_down', 'The engine is stopping.')
      log.info({ model, how }, 'the model was exchanged')
      return { model, previous, how, durationMs: performance.now() - started }
    } finally {
      this.#switching = false
      this.#idle.touch()
    }
  }

  async stop(): Promise<void> {
    const reason = new CastellanError('shutting_down', 'The engine is stopping.')
    this.#stopping.abort(reason)
    this.#idle.stop()
    await this.#backend.stop(reason.toEnvelope())
  }

  async *#run(
    request: Completion,
    signal: AbortSignal,
    turn: Promise<() => void>,
    places: EventChannel<EngineEvent>,
    left: AbortController,
  ): AsyncGenerator<EngineEvent> {
    let begun = false
    try {
      yield* places
      const release = await turn
      await this.#backend.ready(signal, TURN_PATIENCE_MS)
      begun = true
      yield* this.#backend.complete(seeded(request), signal, release)
    } finally {
      // Leaving the loop early leaves the line, and cancels what runs, as an aborted request does.
      left.abort(new CastellanError('cancelled', 'Nobody waits for this answer any more.'))
      if (!begun) void turn.then((release) => release(), ignore)
      this.#idle.touch()
    }
  }

  /** The built-in model stays: it is smaller than what bringing it back would be worth. */
  async #sleep(): Promise<void> {
    if (this.#backend.state().model?.kind !== 'interpreter') await this.#backend.unload()
  }
}

function ignore(): void {
  // The line was left, or the wait is over otherwise; there is nothing to give back.
}
