import type { SessionId } from '@castellan/contracts'

/** How long a large result can be read, in milliseconds, and how much is kept of all together, in bytes. */
const KEPT_MS = 15 * 60_000
const MAX_BYTES = 32 * 1024 * 1024

interface Kept {
  readonly text: string
  readonly owner: SessionId
  readonly until: number
}

/** Large results that were answered with a link, until they are read; each for the client that made the call. */
export class KeptResults {
  readonly #results = new Map<string, Kept>()
  #bytes = 0

  put(uri: string, owner: SessionId, text: string): void {
    this.#results.set(uri, { text, owner, until: Date.now() + KEPT_MS })
    this.#bytes += text.length
    for (const [oldest, { text: dropped, until }] of this.#results) {
      if (this.#bytes <= MAX_BYTES && Date.now() < until) break
      this.#results.delete(oldest)
      this.#bytes -= dropped.length
    }
  }

  get(uri: string, owner: SessionId): string | undefined {
    const kept = this.#results.get(uri)
    return kept !== undefined && kept.owner === owner && Date.now() < kept.until ? kept.text : undefined
  }
}
