import { CastellanError } from '@castellan/contracts'

const WINDOW_MS = 5 * 60 * 1000
const WRONG_CODES = 10

/**
 * Slows down guessing of sign-in codes: after 10 wrong ones from an address within 5 minutes, that address waits until
 * the window has passed. An attempt counts from its start, so that guessing in parallel wins nothing; a right code
 * clears the count.
 */
export class SignInAttempts {
  readonly #now: () => number
  readonly #windows = new Map<string, { count: number; endsAt: number }>()

  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  /** Throws `rate_limited`, with the seconds to wait, when the address has used up its attempts. */
  begin(address: string): void {
    const now = this.#now()
    for (const [known, window] of this.#windows) if (window.endsAt <= now) this.#windows.delete(known)
    const window = this.#windows.get(address) ?? { count: 0, endsAt: now + WINDOW_MS }
    if (window.count >= WRONG_CODES) {
      const seconds = Math.ceil((window.endsAt - now) / 1000)
      throw new CastellanError(
        'rate_limited',
        `Too many wrong sign-in codes; wait ${seconds} s, then use a fresh code.`,
        {
          retryAfterSeconds: seconds,
        },
      )
    }
    this.#windows.set(address, { ...window, count: window.count + 1 })
  }

  /** The code was right, or never judged because agentd was away: the attempt does not count. */
  takeBack(address: string): void {
    const window = this.#windows.get(address)
    if (window !== undefined && window.count > 0) window.count -= 1
  }

  clear(address: string): void {
    this.#windows.delete(address)
  }
}
