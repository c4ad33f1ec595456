import { CastellanError } from '@castellan/contracts'
import type { Monotonic } from '../plugins/allowance.ts'

/** Wrong attempts that cost nothing: people mistype. */
const FREE = 5
const FIRST_WAIT_MS = 1_000
/** Longest wait: a guess every quarter of an hour finds nothing, and an owner who was locked out comes back. */
const LONGEST_WAIT_MS = 15 * 60_000
/** Without a wrong attempt for this long everything is forgotten. */
const FORGET_MS = 60 * 60_000
const MAX_KNOWN = 16_384

interface Count {
  wrong: number
  waitUntil: number
  at: number
}

/**
 * Makes whoever guesses wait twice as long each time, up to a quarter of an hour and never for good. An attempt counts from
 * its start, so that guessing in parallel wins nothing; one that was right, or was never judged, is taken back. Time is
 * monotonic, so that setting the clock changes nothing.
 */
export class Lockout {
  readonly #now: Monotonic
  readonly #counts = new Map<string, Count>()

  constructor(now: Monotonic) {
    this.#now = now
  }

  /** Throws `rate_limited`, with the seconds to wait. */
  begin(who: string): void {
    const now = this.#now()
    const count = this.#of(who, now)
    if (count.waitUntil > now) throw this.refusal(count.waitUntil - now)
    count.wrong += 1
    count.at = now
    count.waitUntil = now + waitAfter(count.wrong)
    this.#counts.set(who, count)
    this.#forgetOne()
  }

  /** The milliseconds that are to be waited after the attempt that was wrong just now. */
  waitOf(who: string): number {
    return Math.max(0, (this.#counts.get(who)?.waitUntil ?? 0) - this.#now())
  }

  /** The attempt was never judged: it does not count. */
  takeBack(who: string): void {
    const count = this.#counts.get(who)
    if (count === undefined) return
    count.wrong = Math.max(0, count.wrong - 1)
    count.waitUntil = count.at + waitAfter(count.wrong)
  }

  /** Whoever it was proved who they are. */
  clear(who: string): void {
    this.#counts.delete(who)
  }

  refusal(waitMs: number): CastellanError {
    const seconds = Math.max(1, Math.ceil(waitMs / 1000))
    return new CastellanError(
      'rate_limited',
      `Too many wrong attempts to sign in from here; wait ${seconds} s, or use a code from: agentctl sign-in`,
      { retryAfterSeconds: seconds },
    )
  }

  #of(who: string, now: number): Count {
    const count = this.#counts.get(who)
    return count === undefined || now - count.at > FORGET_MS ? { wrong: 0, waitUntil: 0, at: now } : count
  }

  #forgetOne(): void {
    if (this.#counts.size <= MAX_KNOWN) return
    const now = this.#now()
    for (const [who, { at }] of this.#counts) {
      if (now - at > FORGET_MS) this.#counts.delete(who)
      if (this.#counts.size <= MAX_KNOWN) return
    }
    const [oldest] = this.#counts.keys()
    if (oldest !== undefined) this.#counts.delete(oldest)
  }
}

function waitAfter(wrong: number): number {
  return wrong <= FREE ? 0 : Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (wrong - FREE - 1))
}
