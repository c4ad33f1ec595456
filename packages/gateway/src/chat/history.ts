import type { EngineMessage } from '@castellan/contracts'

/** Most that a chat's history sends to a model, in bytes of JSON; the oldest exchanges go first. */
const HISTORY_BYTES = 64 * 1024

/** The conversation as the model sees it: exchanges of one user message and all that followed it. */
export class History {
  readonly #exchanges: EngineMessage[][] = []
  #bytes = 0

  get messages(): EngineMessage[] {
    return this.#exchanges.flat()
  }

  /** Adds to the running exchange; a user message begins a new one. */
  add(message: EngineMessage): void {
    const current = this.#exchanges.at(-1)
    if (message.role === 'user' || current === undefined) this.#exchanges.push([message])
    else current.push(message)
    this.#bytes += sizeOf(message)
    while (this.#bytes > HISTORY_BYTES && this.forgetOldest()) {
      // One exchange after another, until the rest fits.
    }
  }

  /** Drops the oldest exchange. Returns false when only the running one is left. */
  forgetOldest(): boolean {
    if (this.#exchanges.length < 2) return false
    this.#drop(this.#exchanges.shift())
    return true
  }

  /**
   * Leaves the running exchange in a form every model's template takes: calls that were asked for and never made get an
   * answer that says so, and a message that nobody answered goes.
   */
  close(): void {
    const exchange = this.#exchanges.at(-1) ?? []
    const answered = new Set(exchange.flatMap((message) => (message.role === 'tool' ? [message.call_id] : [])))
    const asked = exchange.flatMap((message) => (message.role === 'assistant' ? message.calls : []))
    for (const { call_id, name } of asked.filter((call) => !answered.has(call.call_id))) {
      const summary = 'Not done: the turn ended before this call.'
      this.add({ role: 'tool', call_id, name, ok: false, summary, result: null, ledger_index: null })
    }
    if (exchange.length === 1) this.#drop(this.#exchanges.pop())
  }

  #drop(exchange: EngineMessage[] = []): void {
    for (const message of exchange) this.#bytes -= sizeOf(message)
  }
}

function sizeOf(message: EngineMessage): number {
  return JSON.stringify(message).length
}
