import type { Recent } from './recent.ts'

/** Shortest and longest sequences that are looked for. */
export const MIN_SEQUENCE = 2
export const MAX_SEQUENCE = 5
/** A longer pause between two calls means that something else was begun, in milliseconds. */
const PAUSE_MS = 30 * 60_000

/** Tools that look at what was done: their calls are no part of what is done. */
const lookingBack = new Set([
  'observation_list',
  'pattern_list',
  'skill_list',
  'skill_read',
  'skill_propose',
  'ledger_query',
  'receipt_list',
  'approval_status',
  'approval_list',
])

/** A call that ended well, of an agent or the operator. */
export interface FinishedCall {
  readonly session: string
  readonly tool: string
  readonly atMs: number
}

/** A sequence of tools that came again. */
export interface Pattern {
  readonly tools: readonly string[]
  /** Occurrences that do not overlap. */
  readonly times: number
  readonly sessions: number
  readonly lastAtMs: number
}

/** Calls to look for patterns in, in order. What a routine repeats is a routine already, so it is left out. */
export function finishedCalls(entries: readonly Recent[]): FinishedCall[] {
  return entries.flatMap(({ entry: { type, actor, session, tool, ok, time } }) =>
    type !== 'outcome' ||
    ok !== true ||
    session === undefined ||
    tool === undefined ||
    lookingBack.has(tool) ||
    (actor.kind !== 'agent' && actor.kind !== 'operator')
      ? []
      : [{ session, tool, atMs: time }],
  )
}

/**
 * Sequences of {@link MIN_SEQUENCE} to {@link MAX_SEQUENCE} tools that came `least` times or more, the most telling first. Within one session only and
 * without long pauses; the same tool many times in a row counts once. One that is only ever a part of a longer one is left out.
 */
export function findPatterns(calls: readonly FinishedCall[], least: number): Pattern[] {
  const found = new Map<string, Tally>()
  for (const run of runsOf(calls)) {
    for (let length = MIN_SEQUENCE; length <= MAX_SEQUENCE; length++) {
      for (let at = 0; at + length <= run.length; at++) {
        const tools = run.slice(at, at + length).map(({ tool }) => tool)
        const key = tools.join(' ')
        const tally = found.get(key) ?? newTally(tools)
        found.set(key, tally)
        take(tally, run, at)
      }
    }
  }
  const patterns = [...found.values()].map(patternOf).filter(({ times }) => times >= least)
  const telling = patterns.filter(
    (one) =>
      !patterns.some(
        (other) => other.tools.length > one.tools.length && other.times >= one.times && isPart(one, other),
      ),
  )
  return telling.sort(
    (left, right) =>
      right.times * right.tools.length - left.times * left.tools.length ||
      (left.tools.join(' ') < right.tools.join(' ') ? -1 : 1),
  )
}

/** How often exactly this sequence came, counted as {@link findPatterns} counts. */
export function countSequence(
  calls: readonly FinishedCall[],
  tools: readonly string[],
): { readonly times: number; readonly sessions: number } {
  const tally = newTally(tools)
  for (const run of runsOf(calls)) {
    for (let at = 0; at + tools.length <= run.length; at++) {
      if (tools.every((tool, index) => run[at + index]?.tool === tool)) take(tally, run, at)
    }
  }
  const { times, sessions } = patternOf(tally)
  return { times, sessions }
}

interface Tally {
  readonly tools: readonly string[]
  readonly sessions: Set<string>
  times: number
  lastAtMs: number
  /** The run and the place in it where the last counted occurrence ended. */
  run: readonly FinishedCall[] | undefined
  end: number
}

function newTally(tools: readonly string[]): Tally {
  return { tools, sessions: new Set(), times: 0, lastAtMs: 0, run: undefined, end: 0 }
}

/** Counts the occurrence at a place, unless it overlaps the one before. */
function take(tally: Tally, run: readonly FinishedCall[], at: number): void {
  if (tally.run === run && at < tally.end) return
  const last = run[at + tally.tools.length - 1]
  if (last === undefined) return
  tally.run = run
  tally.end = at + tally.tools.length
  tally.times += 1
  tally.sessions.add(last.session)
  tally.lastAtMs = Math.max(tally.lastAtMs, last.atMs)
}

function patternOf({ tools, times, sessions, lastAtMs }: Tally): Pattern {
  return { tools, times, sessions: sessions.size, lastAtMs }
}

/** Calls of one session without long pauses in between, repeats of the same tool as one. */
function runsOf(calls: readonly FinishedCall[]): FinishedCall[][] {
  const runs: FinishedCall[][] = []
  const current = new Map<string, { readonly run: FinishedCall[]; lastAtMs: number }>()
  for (const call of calls) {
    const open = current.get(call.session)
    if (open === undefined || call.atMs - open.lastAtMs > PAUSE_MS) {
      const run = [call]
      runs.push(run)
      current.set(call.session, { run, lastAtMs: call.atMs })
      continue
    }
    open.lastAtMs = call.atMs
    if (open.run.at(-1)?.tool !== call.tool) open.run.push(call)
  }
  return runs
}

function isPart(part: Pattern, whole: Pattern): boolean {
  return ` ${whole.tools.join(' ')} `.includes(` ${part.tools.join(' ')} `)
}
