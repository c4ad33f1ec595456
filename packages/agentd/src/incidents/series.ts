import { type AgentName, CastellanError, type ErrorCode, type IncidentClass } from '@castellan/contracts'
import type { Raises } from './sighting.ts'

/** Agents that are counted at once; the one that was heard of longest ago is forgotten first. */
const MAX_COUNTED = 512
const WINDOW_MS = 10 * 60_000

/** A refusal that means something even once. */
const AT_ONCE: ReadonlyMap<ErrorCode, IncidentClass> = new Map([
  // Somebody else's approval, or one for another call; a grant that was spent; one that nobody ever asked for.
  ['approval_mismatch', 'policy_bypass_attempt'],
  ['approval_spent', 'policy_bypass_attempt'],
  ['approval_unknown', 'policy_bypass_attempt'],
  ['approval_revoked', 'policy_bypass_attempt'],
  ['capability_invalid', 'policy_bypass_attempt'],
  ['capability_mismatch', 'policy_bypass_attempt'],
  ['capability_widens', 'policy_bypass_attempt'],
  ['signature_invalid', 'policy_bypass_attempt'],
  ['session_refused', 'unauthorized_access'],
  ['operator_unknown', 'unauthorized_access'],
])

/** Exit code of a program that SIGSYS (31) ended: the sandbox's filter of system calls does that (seccomp(2)). */
const ENDED_BY_FILTER = 128 + 31

type Ran = { readonly ok: true; readonly output: unknown } | { readonly ok: false; readonly error: CastellanError }

interface Series {
  readonly class: IncidentClass
  readonly codes: ReadonlySet<ErrorCode>
  /** So many within {@link WINDOW_MS} are an incident, and every further one counts towards it. */
  readonly from: number
  readonly say: (agent: string, count: number) => string
}

const SERIES: readonly Series[] = [
  {
    class: 'policy_bypass_attempt',
    codes: new Set([
      'policy_denied',
      // Assistants look around in folders that nobody granted, a dozen in a minute; the wall that refuses them holds.
      'path_outside_roots',
      'path_invalid',
      'capability_denied',
      'approval_denied',
      'approval_stale',
      'capability_revoked',
      'capability_expired',
    ]),
    from: 10,
    say: (agent, count) => `${agent} was denied ${count} calls within ten minutes.`,
  },
  {
    class: 'model_behavior_anomaly',
    codes: new Set(['unknown_tool', 'invalid_arguments']),
    from: 12,
    say: (agent, count) =>
      `${agent} asked for ${count} calls within ten minutes that there are no tools or no arguments for.`,
  },
]

/**
 * Listens to what agents are refused, and tells mistakes from attempts: some refusals only somebody gets who forges something, others
 * anybody gets now and then and nobody a dozen times.
 */
export class RefusalSeries {
  readonly #incidents: Raises
  readonly #now: () => number
  /** Times of refusals by agent and series. */
  readonly #counted = new Map<string, number[]>()

  constructor(incidents: Raises, now: () => number = Date.now) {
    this.#incidents = incidents
    this.#now = now
  }

  /** A call of an agent was refused. Never throws. */
  note(error: unknown, agent: AgentName | string): void {
    if (!(error instanceof CastellanError)) return
    const { code, message } = error
    const at = AT_ONCE.get(code)
    if (at !== undefined) this.#incidents.raise({ class: at, subject: agent, summary: message })
    const series = SERIES.find(({ codes }) => codes.has(code))
    if (series === undefined) return
    const times = this.#add(`${series.class} ${agent}`, series.from)
    if (times < series.from) return
    this.#incidents.raise({ class: series.class, subject: agent, summary: series.say(agent, times) })
  }

  /** A call of an agent ran. What a tool refused counts as a refusal; a program that the kernel ended for a system call is no mistake. */
  noteRun(result: Ran, agent: string): void {
    if (!result.ok) {
      this.note(result.error, agent)
      return
    }
    const { exitCode } = (result.output ?? {}) as { exitCode?: unknown }
    if (exitCode !== ENDED_BY_FILTER) return
    const summary = `A program that ${agent} ran in the sandbox was ended by the kernel for a system call that no program needs there.`
    this.#incidents.raise({ class: 'sandbox_escape_attempt', subject: agent, summary })
  }

  #add(key: string, most: number): number {
    const now = this.#now()
    const times = [...(this.#counted.get(key) ?? []), now].filter((time) => now - time < WINDOW_MS).slice(-most)
    this.#counted.delete(key)
    this.#counted.set(key, times)
    if (this.#counted.size > MAX_COUNTED) this.#counted.delete(this.#counted.keys().next().value as string)
    return times.length
  }
}
