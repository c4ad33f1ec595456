import { CastellanError } from '@castellan/contracts'

/** How long a signature over a text with a time serves, in milliseconds. */
const SIGNED_MS = 5 * 60_000

/** Texts that operators signed outside an approval: each serves once, and not for long. */
export class Fresh {
  readonly #used = new Map<string, number>()

  /** Throws `signature_invalid` where `text` was used before or `at` (milliseconds since 1970) is more than five minutes away. */
  use(text: string, at: number): void {
    const now = Date.now()
    for (const [known, until] of this.#used) if (until < now) this.#used.delete(known)
    if (Number.isNaN(at) || Math.abs(now - at) > SIGNED_MS || this.#used.has(text)) {
      throw new CastellanError(
        'signature_invalid',
        'This signature was used before, or is more than five minutes old. Sign anew.',
      )
    }
    this.#used.set(text, at + 2 * SIGNED_MS)
  }
}
