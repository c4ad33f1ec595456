import type { Standing, Step, Watcher } from './watcher.ts'

/** What one look found. */
export interface Look {
  readonly healthy: boolean
  readonly message: string
  /** Milliseconds since 1970. */
  readonly at: number
}

/** What follows from a look. `turn`: the ledger is told. `step`: this is done now. */
export interface Verdict {
  readonly standing: Standing
  readonly turn?: 'failing' | 'recovered' | 'escalated' | 'exhausted'
  readonly step?: Step
}

/**
 * The escalation ladder. Enough looks in a row that find it wrong take the first step; while it stays wrong, each further
 * step comes once the one before had its grace. After the last step it stays escalated until a look finds it well.
 */
export function judge(
  watcher: Pick<Watcher, 'failures' | 'graceSeconds' | 'ladder'>,
  before: Standing,
  look: Look,
): Verdict {
  return look.healthy ? well(before, look) : wrong(watcher, before, look)
}

function well(before: Standing, { message, at }: Look): Verdict {
  const same = before.state === 'healthy'
  const standing: Standing = {
    state: 'healthy',
    failures: 0,
    steps: 0,
    since: same ? before.since : new Date(at).toISOString(),
    actedAt: null,
    message,
  }
  const troubled = before.state === 'failing' || before.state === 'escalated'
  return troubled ? { standing, turn: 'recovered' } : { standing }
}

function wrong(
  { failures: enough, graceSeconds, ladder }: Pick<Watcher, 'failures' | 'graceSeconds' | 'ladder'>,
  before: Standing,
  { message, at }: Look,
): Verdict {
  const failures = before.failures + 1
  const now = new Date(at).toISOString()
  const begins = before.state === 'healthy' || before.state === 'unknown'
  const standing: Standing = begins
    ? { state: 'failing', failures, steps: 0, since: now, actedAt: null, message }
    : { ...before, failures, message }
  const helped = standing.actedAt !== null && at - Date.parse(standing.actedAt) < graceSeconds * 1000
  const step = ladder[standing.steps]
  if (failures < enough || helped || step === undefined) return begins ? { standing, turn: 'failing' } : { standing }
  const steps = standing.steps + 1
  return {
    standing: {
      ...standing,
      state: 'escalated',
      steps,
      actedAt: now,
      since: standing.state === 'escalated' ? standing.since : now,
    },
    turn: steps === ladder.length ? 'exhausted' : 'escalated',
    step,
  }
}
