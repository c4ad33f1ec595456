import { CastellanError } from '@castellan/contracts'

/** How long a signature over a text with a time serves, in milliseconds. */
const SIGNED_MS = 5 * 60_000

/** Texts that operators signed outside an approval: each serves once, and not for long. */
export class Fresh {
  readonly #used = new Map<string, number>()
  /** What was used before this was made is not known, so nothing that was signed before serves. On a clock that nobody sets. */
  readonly #since = performance.now()

  /**
   * Throws `signature_invalid` where `text` was used before, or `at` (milliseconds since 1970) is more than five minutes away or from
   * before this was made.
   */
  use(text: string, at: number): void {
    const now = Date.now()
    for (const [known, until] of this.#used) if (until < now) this.#used.delete(known)
    const age = now - at
    const isOlderThanThis = age > performance.now() - this.#since
    if (Number.isNaN(at) || isOlderThanThis || Math.abs(age) > SIGNED_MS || this.#used.has(text)) {
      throw new CastellanError(
        'signature_invalid',
        'This signature was used before, is more than five minutes old, or is older than the last start of agentd. Sign anew.',
      )
    }
    this.#used.set(text, at + 2 * SIGNED_MS)
  }
}
