import { setInterval } from 'node:timers/promises'
import type { Log } from '@castellan/daemon'
import type { Agentd } from '../agentd.ts'
import type { PageSessions } from './sessions.ts'

/** How long a browser whose key was revoked on the host may stay signed in, in milliseconds. */
const EVERY_MS = 30_000

/**
 * Signs out the browsers whose operator key is in force no more: `agentctl operator revoke` is between root and agentd, and whoever takes a key
 * away from a lost device means its browser too.
 */
export class KeyWatch {
  readonly #agentd: Pick<Agentd, 'operatorKeys'>
  readonly #sessions: Pick<PageSessions, 'keys' | 'endOfKey'>
  readonly #log: Log
  readonly #closing = new AbortController()

  constructor({ agentd, pageSessions, log }: KeyWatchParts) {
    this.#agentd = agentd
    this.#sessions = pageSessions
    this.#log = log
  }

  start(everyMs = EVERY_MS): void {
    void this.#keepLooking(everyMs)
  }

  close(): void {
    this.#closing.abort()
  }

  /** One look. What agentd cannot be asked about stays as it is. */
  async look(): Promise<void> {
    // Before agentd is asked: who signs in meanwhile has a key that its answer may not name yet.
    const held = this.#sessions.keys()
    if (held.size === 0) return
    const { operators } = await this.#agentd.operatorKeys(this.#closing.signal)
    const inForce = new Set(operators.map(({ key_id }) => key_id))
    for (const key of held) if (!inForce.has(key)) await this.#sessions.endOfKey(key)
  }

  async #keepLooking(everyMs: number): Promise<void> {
    const { signal } = this.#closing
    try {
      for await (const _ of setInterval(everyMs, undefined, { signal, ref: false })) {
        await this.look().catch((error: unknown) =>
          this.#log.debug({ err: error }, 'agentd does not say whose keys count'),
        )
      }
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }
}

export interface KeyWatchParts {
  readonly agentd: Pick<Agentd, 'operatorKeys'>
  readonly pageSessions: Pick<PageSessions, 'keys' | 'endOfKey'>
  readonly log: Log
}
