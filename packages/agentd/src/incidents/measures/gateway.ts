import { randomBytes } from 'node:crypto'
import { CastellanError, type ContainmentAction, type ContainmentState } from '@castellan/contracts'
import { Watchers } from '../../approvals/watchers.ts'
import type { Measure } from '../containment.ts'
import type { Incidents } from '../incidents.ts'

/** How long the gateway has to say that it holds what it was told to, in milliseconds. */
const APPLIED_MS = 10_000
/** A gateway that has not asked for this long is not running, in milliseconds: it holds its question for half a minute at most. */
const AWAY_MS = 60_000

/**
 * What the gateway has to hold shut. It follows this as long as it runs and asks before it opens its credentials, so that what it
 * misses while it is away counts from its start.
 */
export class GatewayHold {
  readonly #incidents: Pick<Incidents, 'heldBy'>
  readonly #waiting = new Watchers<'change' | 'applied'>()
  readonly #now: () => number
  readonly #appliedMs: number
  #version = randomBytes(12).toString('hex')
  #applied: string | undefined
  #askedAt = Number.NEGATIVE_INFINITY

  constructor(incidents: Pick<Incidents, 'heldBy'>, { now = Date.now, appliedMs = APPLIED_MS } = {}) {
    this.#incidents = incidents
    this.#now = now
    this.#appliedMs = appliedMs
  }

  get state(): ContainmentState {
    return {
      version: this.#version,
      suspend_tokens: this.#incidents.heldBy('suspend_tokens').length > 0,
      lock_credentials: this.#incidents.heldBy('lock_credentials').length > 0,
    }
  }

  /** The state once it is another version than `known`, or as it is after `seconds`. */
  async changed(known: string | undefined, seconds: number, signal: AbortSignal): Promise<ContainmentState> {
    this.#askedAt = this.#now()
    if (known === this.#version) await this.#waiting.changed('change', seconds * 1000, signal)
    this.#askedAt = this.#now()
    return this.state
  }

  /** The gateway holds what this version says. */
  applied(version: string): void {
    this.#applied = version
    this.#waiting.notify('applied')
  }

  close(): void {
    this.#waiting.close()
  }

  /** Something changed: whoever follows is told. */
  touch(): void {
    this.#version = randomBytes(12).toString('hex')
    this.#waiting.notify('change')
  }

  /** Waits until the gateway holds what is asked now. False where none is running. Throws `containment_failed` and `shutting_down`. */
  async settled(): Promise<boolean> {
    if (this.#now() - this.#askedAt > AWAY_MS) return false
    const version = this.#version
    const until = AbortSignal.timeout(this.#appliedMs)
    while (this.#applied !== version && !until.aborted && version === this.#version) {
      if (this.#waiting.closed) {
        throw new CastellanError(
          'shutting_down',
          'agentd is stopping, so nobody heard whether the gateway holds; its next start asks again.',
        )
      }
      await this.#waiting.changed('applied', this.#appliedMs, until)
    }
    if (this.#applied === version || version !== this.#version) return true
    throw new CastellanError(
      'containment_failed',
      `The gateway did not say within ${this.#appliedMs / 1000} s that it holds.`,
    )
  }
}

const words: Readonly<Record<'suspend_tokens' | 'lock_credentials', readonly [held: string, free: string]>> = {
  suspend_tokens: ['no token of the API opens anything', 'tokens of the API open things again'],
  lock_credentials: ['the credentials are out of its memory', 'it may read the credentials again'],
}

/** Something that the gateway holds shut, and says so itself. */
export function gatewayMeasure(
  action: Extract<ContainmentAction, 'suspend_tokens' | 'lock_credentials'>,
  hold: () => GatewayHold,
): Measure {
  const [held, free] = words[action]
  const tell = async (what: string) =>
    (await hold().settled()) ? `The gateway says: ${what}.` : `No gateway is running; when one starts, ${what}.`
  return {
    async apply(_, ref) {
      hold().touch()
      return ref
    },
    async verify() {
      if (!hold().state[action])
        throw new CastellanError('containment_failed', `${action} is not asked of the gateway.`)
      return tell(held)
    },
    async lift() {
      hold().touch()
      return tell(free)
    },
  }
}
