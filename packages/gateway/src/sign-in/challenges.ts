import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Monotonic } from '../plugins/allowance.ts'

const LIFE_MS = 5 * 60_000
const RANDOM_BYTES = 10
const TIME_BYTES = 6
const TAG_BYTES = 16

/**
 * Nonces for keys to sign, each good once and for five minutes. They carry their time under a MAC, so that asking for many
 * costs no memory and pushes nobody's out; only those that were used are remembered. A restart ends them all.
 */
export class Challenges {
  readonly #key = randomBytes(32)
  readonly #now: Monotonic
  readonly #used = new Map<string, number>()

  constructor(now: Monotonic) {
    this.#now = now
  }

  /** 32 bytes in base64url. */
  make(): string {
    const body = Buffer.alloc(TIME_BYTES + RANDOM_BYTES)
    body.writeUIntBE(Math.floor(this.#now()), 0, TIME_BYTES)
    randomBytes(RANDOM_BYTES).copy(body, TIME_BYTES)
    return Buffer.concat([body, this.#tagOf(body)]).toString('base64url')
  }

  /** Whether it is one of ours, fresh and unused; from now on it is used. */
  take(nonce: string): boolean {
    const bytes = Buffer.from(nonce, 'base64url')
    if (bytes.length !== TIME_BYTES + RANDOM_BYTES + TAG_BYTES || bytes.toString('base64url') !== nonce) return false
    const body = bytes.subarray(0, TIME_BYTES + RANDOM_BYTES)
    if (!timingSafeEqual(this.#tagOf(body), bytes.subarray(body.length))) return false
    const now = this.#now()
    for (const [used, endsAt] of this.#used) if (endsAt <= now) this.#used.delete(used)
    const endsAt = body.readUIntBE(0, TIME_BYTES) + LIFE_MS
    if (endsAt <= now || this.#used.has(nonce)) return false
    this.#used.set(nonce, endsAt)
    return true
  }

  #tagOf(body: Buffer): Buffer {
    return createHmac('sha256', this.#key).update(body).digest().subarray(0, TAG_BYTES)
  }
}
