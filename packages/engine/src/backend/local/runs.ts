import type { ErrorEnvelope } from '@castellan/contracts'
import { EventChannel } from '../../worker/channel.ts'
import type { ModelEvent } from '../../worker/protocol.ts'

interface Run {
  readonly channel: EventChannel<ModelEvent>
  readonly release: () => void
}

/** The completions that a worker runs, by the number it knows them under. */
export class Runs {
  readonly #runs = new Map<number, Run>()
  #nextId = 1
  readonly #onEmpty: (() => void)[] = []

  get size(): number {
    return this.#runs.size
  }

  begin(release: () => void): { id: number; channel: EventChannel<ModelEvent> } {
    const id = this.#nextId++
    const channel = new EventChannel<ModelEvent>()
    this.#runs.set(id, { channel, release })
    return { id, channel }
  }

  push(id: number, event: ModelEvent): void {
    this.#runs.get(id)?.channel.push(event)
  }

  /** The worker is through with it: its slot is free. */
  end(id: number): void {
    const run = this.#runs.get(id)
    if (run === undefined) return
    this.#runs.delete(id)
    run.channel.end()
    run.release()
    if (this.#runs.size === 0) for (const tell of this.#onEmpty.splice(0)) tell()
  }

  /** Resolves when nothing runs. */
  async empty(): Promise<void> {
    if (this.#runs.size > 0) await new Promise<void>((resolve) => this.#onEmpty.push(resolve))
  }

  /** Tells everybody why nothing more comes. */
  endAll(error: ErrorEnvelope): void {
    for (const [id, { channel }] of this.#runs) {
      channel.push({ type: 'error', error })
      this.end(id)
    }
  }
}
