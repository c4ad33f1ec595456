import { type AgentName, CastellanError, type SessionId } from '@castellan/contracts'
import type { Raises } from '../incidents/sighting.ts'

const MINUTE_MS = 60_000
/** Buckets remembered at once; a caller who invents sessions gets no more memory than this. */
const MAX_BUCKETS = 8192
/** Calls in a minute of one agent, and of all together, whatever they call. */
const AGENT_PER_MINUTE = 12_000
const ALL_PER_MINUTE = 24_000
/** An agent may call one tool as often as this many sessions may. */
const SESSIONS_OF_AGENT = 4

interface Bucket {
  tokens: number
  filledAt: number
}

interface Rule {
  readonly key: string
  readonly perMinute: number
  /** Who did what too often, for people. */
  readonly who: string
}

interface Caller {
  readonly session: SessionId
  readonly agent: AgentName
}

interface Limited {
  readonly name: string
  readonly limits: { readonly perMinute: number }
}

/**
 * How often calls are let in: per session and tool, agent and tool, agent, and all together. Each is a bucket that fills
 * evenly over a minute. A bucket that runs dry is an incident and not only a refusal, and however long it goes on, one.
 */
export class Rates {
  readonly #buckets = new Map<string, Bucket>()
  readonly #incidents: Raises
  readonly #now: () => number

  constructor(incidents: Raises, now: () => number = () => performance.now()) {
    this.#incidents = incidents
    this.#now = now
  }

  /** Takes one token from each bucket. Throws `rate_limited` with the time until there is one. */
  take({ session, agent }: Caller, { name, limits: { perMinute } }: Limited): void {
    const rules: Rule[] = [
      { key: `${session} ${name}`, perMinute, who: `This session called ${name}` },
      { key: `${agent} ${name}`, perMinute: perMinute * SESSIONS_OF_AGENT, who: `Agent ${agent} called ${name}` },
      { key: agent, perMinute: AGENT_PER_MINUTE, who: `Agent ${agent} called tools` },
      { key: '', perMinute: ALL_PER_MINUTE, who: 'All agents together called tools' },
    ]
    const buckets = rules.map((rule) => [rule, this.#filled(rule.key, rule.perMinute)] as const)
    for (const [rule, bucket] of buckets) if (bucket.tokens < 1) throw this.#tooOften(rule, bucket, agent, name)
    for (const [, bucket] of buckets) bucket.tokens -= 1
  }

  #tooOften({ perMinute, who }: Rule, { tokens }: Bucket, agent: AgentName, tool: string): CastellanError {
    const seconds = Math.ceil(((1 - tokens) * MINUTE_MS) / perMinute / 1000)
    const what = `${who} more than ${perMinute} times in a minute.`
    this.#incidents.raise({ class: 'tool_call_burst', subject: `${agent} ${tool}`, summary: what })
    return new CastellanError('rate_limited', `${what} Try again in ${seconds} s.`, { retryAfterSeconds: seconds })
  }

  #filled(key: string, perMinute: number): Bucket {
    const now = this.#now()
    const bucket = this.#buckets.get(key) ?? { tokens: perMinute, filledAt: now }
    bucket.tokens = Math.min(perMinute, bucket.tokens + ((now - bucket.filledAt) * perMinute) / MINUTE_MS)
    bucket.filledAt = now
    // Re-inserted, so that the first key of the map is the one unused for longest.
    this.#buckets.delete(key)
    this.#buckets.set(key, bucket)
    if (this.#buckets.size > MAX_BUCKETS) this.#buckets.delete(this.#buckets.keys().next().value as string)
    return bucket
  }
}
