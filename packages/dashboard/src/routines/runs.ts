import type { LedgerEntry } from '@castellan/contracts'
import type { Run } from './views.ts'

export type RunOutcome = 'good' | 'bad' | 'skipped'

export function outcomeOfRun({ ok, skipped }: Run): RunOutcome {
  if (skipped !== null) return 'skipped'
  return ok ? 'good' : 'bad'
}

/** A run as `routine_history` would tell it, of its entry in the ledger; null for entries that are none. */
export function runOf(entry: LedgerEntry): Run | null {
  const { type, index, time, actor, ok, code, facts, duration_ms: durationMs, session } = entry
  if (type !== 'routine_run' && type !== 'routine_skipped') return null
  return {
    index,
    at: new Date(time).toISOString(),
    routine: actor.name,
    trigger: textOf(facts?.trigger),
    ok: type === 'routine_run' && ok === true,
    skipped: textOf(facts?.reason),
    code: code ?? null,
    failedCalls: Number(facts?.failed ?? 0),
    durationMs: durationMs ?? null,
    session: session ?? null,
  }
}

/** Runs of both lists, newest first, each once. */
export function joined(some: readonly Run[], others: readonly Run[]): readonly Run[] {
  const byIndex = new Map([...some, ...others].map((run) => [run.index, run]))
  return [...byIndex.values()].sort((a, b) => b.index - a.index)
}

/** Which routines begin or end with this entry: the first call of a run names it long before its end is on record. */
export function turnOf({ type, actor }: LedgerEntry): { readonly routine: string; readonly running: boolean } | null {
  if (actor.kind !== 'routine') return null
  if (type === 'intent') return { routine: actor.name, running: true }
  return type === 'routine_run' ? { routine: actor.name, running: false } : null
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
