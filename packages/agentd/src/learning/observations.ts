import type { Recent } from './recent.ts'

/** What was noticed. */
export type ObservationKind =
  | 'failing_tool'
  | 'refused_call'
  | 'restarted_unit'
  | 'denied_call'
  | 'approved_call'
  | 'slow_tool'
  | 'failing_routine'

/** Something that came again and again. */
export interface Observation {
  readonly kind: ObservationKind
  /** The tool, unit or routine. */
  readonly subject: string
  /** The error code, of failures and refusals. */
  readonly code: string | null
  readonly times: number
  /** Out of how many of the same: calls of the tool, answers of people, runs of the routine. */
  readonly of: number
  readonly firstAtMs: number
  readonly lastAtMs: number
  /** The newest ledger entry that shows it. */
  readonly ledgerIndex: number
  /** The middle and the slowest of its calls; of slow tools only. */
  readonly medianMs: number | null
  readonly slowestMs: number | null
}

/** From how many times on something is told. A person who agrees is no news until it is a habit. */
export const least: Readonly<Record<ObservationKind, number>> = {
  failing_tool: 3,
  refused_call: 3,
  restarted_unit: 3,
  denied_call: 2,
  approved_call: 5,
  slow_tool: 3,
  failing_routine: 2,
}

/** The middle call of a tool takes so long, in milliseconds, before the tool is called slow. */
const SLOW_MS = 5000

/** Acts that start a unit anew. Their summaries name it. */
const restarts = new Set(['service_restart', 'app_restart'])

/** What came again and again in these entries (outcomes, refusals, answers of people, runs of routines), most often first. */
export function observe(entries: readonly Recent[]): Observation[] {
  const noticed = [
    ...failures(entries),
    ...refusals(entries),
    ...restartedUnits(entries),
    ...answers(entries),
    ...slowTools(entries),
    ...failingRoutines(entries),
  ]
  return noticed
    .filter(({ kind, times }) => times >= least[kind])
    .sort((left, right) => right.times - left.times || (keyOf(left) < keyOf(right) ? -1 : 1))
}

function failures(entries: readonly Recent[]): Observation[] {
  const ended = entries.filter(({ entry }) => entry.type === 'outcome' && entry.tool !== undefined)
  const calls = grouped(ended, ({ entry }) => entry.tool)
  const failed = grouped(ended, ({ entry }) =>
    entry.ok === false ? `${entry.tool} ${entry.code ?? 'unknown'}` : undefined,
  )
  return [...failed].map(([key, members]) => {
    const [tool = '', code = null] = key.split(' ')
    return noticed('failing_tool', tool, code, members, calls.get(tool)?.length)
  })
}

function refusals(entries: readonly Recent[]): Observation[] {
  const refused = grouped(entries, ({ entry: { type, tool, code } }) =>
    type === 'refused' && tool !== undefined ? `${tool} ${code ?? 'unknown'}` : undefined,
  )
  return [...refused].map(([key, members]) => {
    const [tool = '', code = null] = key.split(' ')
    return noticed('refused_call', tool, code, members)
  })
}

function restartedUnits(entries: readonly Recent[]): Observation[] {
  const units = grouped(entries, ({ entry: { type, tool, ok }, summary }) =>
    type === 'outcome' && ok === true && restarts.has(tool ?? '') ? unitIn(summary ?? '') : undefined,
  )
  return [...units].map(([unit, members]) => noticed('restarted_unit', unit, null, members))
}

/** Calls that people decide the same way each time: candidates for a rule of policy. */
function answers(entries: readonly Recent[]): Observation[] {
  const decided = grouped(entries, ({ entry: { type, tool } }) => (type === 'approval_decided' ? tool : undefined))
  return [...decided].flatMap(([tool, members]) => {
    const yes = members.filter(({ entry }) => entry.ok === true)
    const no = members.filter(({ entry }) => entry.ok === false)
    return [
      ...(no.length > yes.length ? [noticed('denied_call', tool, null, no, members.length)] : []),
      ...(no.length === 0 && yes.length > 0 ? [noticed('approved_call', tool, null, yes, members.length)] : []),
    ]
  })
}

function slowTools(entries: readonly Recent[]): Observation[] {
  const timed = grouped(entries, ({ entry: { type, tool, ok, duration_ms } }) =>
    type === 'outcome' && ok === true && duration_ms !== undefined ? tool : undefined,
  )
  return [...timed].flatMap(([tool, members]) => {
    const times = members.map(({ entry }) => entry.duration_ms ?? 0).sort((left, right) => left - right)
    const medianMs = times[Math.floor((times.length - 1) / 2)] ?? 0
    if (medianMs < SLOW_MS) return []
    const slow = members.filter(({ entry }) => (entry.duration_ms ?? 0) >= SLOW_MS)
    const all = noticed('slow_tool', tool, null, slow, members.length)
    return [{ ...all, medianMs, slowestMs: times.at(-1) ?? medianMs }]
  })
}

function failingRoutines(entries: readonly Recent[]): Observation[] {
  const runs = grouped(entries, ({ entry: { type, actor } }) => (type === 'routine_run' ? actor.name : undefined))
  return [...runs].flatMap(([name, members]) => {
    const failed = members.filter(({ entry }) => entry.ok === false)
    const last = failed.at(-1)
    return last === undefined ? [] : [noticed('failing_routine', name, last.entry.code ?? null, failed, members.length)]
  })
}

/** The unit that a summary of our own names: `Restarted: web.service is running, main process 12.` */
function unitIn(summary: string): string | undefined {
  return /[A-Za-z0-9:_.\\@-]+\.(?:service|socket|timer|target|path|mount)\b/.exec(summary)?.[0]
}

/** Members are in the order of the ledger and at least one. */
function noticed(
  kind: ObservationKind,
  subject: string,
  code: string | null,
  members: readonly Recent[],
  of: number = members.length,
): Observation {
  const [first, last] = [members[0], members.at(-1)]
  return {
    kind,
    subject,
    code,
    times: members.length,
    of,
    firstAtMs: first?.entry.time ?? 0,
    lastAtMs: last?.entry.time ?? 0,
    ledgerIndex: last?.entry.index ?? 0,
    medianMs: null,
    slowestMs: null,
  }
}

/** By key, in order; what has none is left out. */
function grouped(entries: readonly Recent[], key: (one: Recent) => string | undefined): Map<string, Recent[]> {
  const groups = new Map<string, Recent[]>()
  for (const one of entries) {
    const its = key(one)
    if (its === undefined) continue
    const group = groups.get(its)
    if (group === undefined) groups.set(its, [one])
    else group.push(one)
  }
  return groups
}

function keyOf({ kind, subject, code }: Observation): string {
  return `${kind} ${subject} ${code ?? ''}`
}
