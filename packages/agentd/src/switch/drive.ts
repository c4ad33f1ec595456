import { EventEmitter, once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { CastellanError } from '@castellan/contracts'
import { isOver, type Phase, type SwitchRecord } from './record.ts'

/** From here on the host is being changed. */
const hasBegun: readonly Phase[] = [
  'activating',
  'activated',
  'probation',
  'confirming',
  'committing',
  'staging',
  'staged',
  'rolling_back',
]

/** A switch that is being made: its record as it stands now, and what people say about it meanwhile. */
export class Drive {
  record: SwitchRecord
  /** Who wants it taken back, once somebody does. */
  unwanted: string | undefined
  /** Aborted when agentd stops, or when somebody wants the switch taken back. */
  signal: AbortSignal
  #interrupt = new AbortController()
  readonly #events = new EventEmitter()
  /** Resolves when this agentd does nothing more about it. */
  done: Promise<void> = Promise.resolve()

  constructor(record: SwitchRecord, closing: AbortSignal) {
    this.record = record
    this.signal = AbortSignal.any([closing, this.#interrupt.signal])
    this.#events.setMaxListeners(0)
  }

  /** Whether the host may have been changed. */
  get begun(): boolean {
    return hasBegun.includes(this.record.phase)
  }

  /** Whether there is nothing to wait for but a person or a boot. */
  get rests(): boolean {
    const { phase } = this.record
    return isOver(this.record) || phase === 'staged' || phase === 'confirming'
  }

  entered(record: SwitchRecord): void {
    this.record = record
    this.#events.emit('step', record)
  }

  /** Somebody said something: a wait in {@link pause} ends. */
  wake(): void {
    this.#events.emit('wake')
  }

  takeBack(by: string): void {
    this.unwanted = by
    this.#interrupt.abort(new CastellanError('cancelled', `${by} took it back`))
  }

  /** After an interruption: goes on, with a signal of its own again. */
  renew(closing: AbortSignal): void {
    this.unwanted = undefined
    this.#interrupt = new AbortController()
    this.signal = AbortSignal.any([closing, this.#interrupt.signal])
  }

  /** Waits at most `ms`, less where somebody says something. Rejects when the drive is interrupted. */
  async pause(ms: number): Promise<void> {
    const waiting = new AbortController()
    const signal = AbortSignal.any([this.signal, waiting.signal])
    try {
      await Promise.race([sleep(ms, undefined, { signal }), once(this.#events, 'wake', { signal })])
    } finally {
      waiting.abort()
    }
  }

  /** Until it is over, or this agentd lets go of it; unless `toTheEnd`, also until only a person or a boot is waited for. */
  async settled(signal: AbortSignal, onStep: (record: SwitchRecord) => void, toTheEnd: boolean): Promise<SwitchRecord> {
    this.#events.on('step', onStep)
    const stop = new AbortController()
    try {
      while (!(toTheEnd ? isOver(this.record) : this.rests)) {
        const step = once(this.#events, 'step', { signal: AbortSignal.any([signal, stop.signal]) })
        const ended = await Promise.race([step.then(() => false), this.done.then(() => true)])
        if (ended) {
          step.catch(() => undefined)
          break
        }
      }
      return this.record
    } finally {
      stop.abort()
      this.#events.off('step', onStep)
    }
  }
}
