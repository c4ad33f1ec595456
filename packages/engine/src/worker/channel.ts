import type { EngineEvent } from '@castellan/contracts'

/** The events of one completion between the worker's messages and the reader of the stream. */
export class EventChannel implements AsyncIterable<EngineEvent> {
  readonly #events: EngineEvent[] = []
  #ended = false
  #wake: (() => void) | undefined

  push(event: EngineEvent): void {
    if (this.#ended) return
    this.#events.push(event)
    this.#wake?.()
  }

  end(): void {
    this.#ended = true
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<EngineEvent> {
    for (;;) {
      const event = this.#events.shift()
      if (event !== undefined) yield event
      else if (this.#ended) return
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      }
    }
  }
}
