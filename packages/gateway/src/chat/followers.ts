import { setTimeout as sleep } from 'node:timers/promises'
import { CastellanError, type Happening, type ServerFrame } from '@castellan/contracts'
import type { Log } from '@castellan/daemon'
import type { Agentd } from '../agentd.ts'

/** How long until agentd is asked again where it did not answer, in milliseconds. */
const AGAIN_MS = 1000

/** Whoever follows what happens: one socket. */
export interface Follower {
  send(frame: string): void
}

/** Streams what happens from agentd to a socket that asked for it, for as long as the socket is open. */
export class Followers {
  readonly #agentd: Pick<Agentd, 'follow'>
  readonly #log: Log
  readonly #following = new Map<Follower, AbortController>()

  constructor(agentd: Pick<Agentd, 'follow'>, log: Log) {
    this.#agentd = agentd
    this.#log = log
  }

  /** From after that many entries of the ledger on. A socket that asks again begins anew. */
  follow(follower: Follower, after: number | undefined): void {
    this.leave(follower)
    const leaving = new AbortController()
    this.#following.set(follower, leaving)
    void this.#stream(follower, after, leaving.signal)
  }

  leave(follower: Follower): void {
    this.#following.get(follower)?.abort(new CastellanError('cancelled', 'Nobody follows any more.'))
    this.#following.delete(follower)
  }

  close(): void {
    for (const follower of [...this.#following.keys()]) this.leave(follower)
  }

  async #stream(follower: Follower, after: number | undefined, signal: AbortSignal): Promise<void> {
    let known = after
    while (!signal.aborted) {
      try {
        for await (const happening of this.#agentd.follow(known, signal)) {
          if (signal.aborted) return
          known = happening.ledger?.size ?? known
          for (const frame of framesOf(happening)) follower.send(JSON.stringify(frame))
        }
      } catch (error) {
        if (signal.aborted) return
        this.#log.debug({ err: error }, 'agentd does not tell what happens')
      }
      await sleep(AGAIN_MS, undefined, { signal, ref: false }).catch(() => undefined)
    }
  }
}

function framesOf({ ledger, vitals }: Happening): ServerFrame[] {
  return [
    ...(ledger === undefined ? [] : [{ type: 'ledger' as const, ...ledger }]),
    ...(vitals === undefined ? [] : [{ type: 'vitals' as const, ...vitals }]),
  ]
}
