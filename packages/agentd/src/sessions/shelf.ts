import type { SessionId } from '@castellan/contracts'
import type { SessionRecord } from './book-file.ts'

/** Sessions remembered. Plain ones make room first: whoever can invent names must not push out those the owner opened. */
const MAX_SESSIONS = 8192
const MAX_OPENED = 1024

/** The sessions agentd knows, least recently used first. */
export class Shelf {
  readonly #plain = new Map<SessionId, SessionRecord>()
  readonly #opened = new Map<SessionId, SessionRecord>()

  get(id: SessionId): SessionRecord | undefined {
    return this.#opened.get(id) ?? this.#plain.get(id)
  }

  /** Puts a session in front. Answers which one had to go for it, if any. */
  put(id: SessionId, record: SessionRecord): SessionId | undefined {
    this.#plain.delete(id)
    this.#opened.delete(id)
    const [row, most] = record.opened ? [this.#opened, MAX_OPENED] : [this.#plain, MAX_SESSIONS]
    row.set(id, { ...record })
    if (row.size <= most) return undefined
    const oldest = row.keys().next().value as SessionId
    row.delete(oldest)
    return oldest
  }

  clearLabels(id: SessionId): void {
    const record = this.get(id)
    if (record !== undefined) record.labels = []
  }

  *entries(): Iterable<[SessionId, SessionRecord]> {
    yield* this.#plain
    yield* this.#opened
  }
}
