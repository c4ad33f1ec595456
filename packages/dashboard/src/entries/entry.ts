import type { AnswerOf, getLedgerEntry } from '@castellan/contracts/api'
import { WENT_WRONG } from '@castellan/contracts/notable'
import { entryWords } from '../strings/entries.ts'

/** An entry of the ledger as the API shows it: everything but what was in a call. */
export type EntryRecord = AnswerOf<typeof getLedgerEntry>
export type Entry = EntryRecord['entry']

export type EntryTone = 'good' | 'warn' | 'bad' | 'quiet'

/** How an entry is to be taken: what went wrong, what wants a person, what changed something, and all else. */
export function toneOf({ type, ok, effect, facts }: Entry): EntryTone {
  if (WENT_WRONG.has(type) || ok === false) return 'bad'
  if (WAITS.has(type) || type.startsWith('operator_') || type.startsWith('credential')) return 'warn'
  if (type === 'switch_step')
    return facts?.phase === 'rolled_back' || facts?.phase === 'rollback_failed' ? 'bad' : 'good'
  if (OPEN_ENDS.has(type)) return 'quiet'
  return effect === 'change' || effect === 'destroy' ? 'good' : 'quiet'
}

/** What of a change says that it was not made, or not yet. */
const OPEN_ENDS: ReadonlySet<string> = new Set(['intent', 'approval_withdrawn', 'approval_void'])

const WAITS: ReadonlySet<string> = new Set([
  'approval_requested',
  'approval_expired',
  'policy_changed',
  'policy_loaded',
  'mode_set',
  'agents_thawed',
])

/** Who did it, and whether a person had it done from the page. */
export function whoOf({ actor, facts }: Entry): string {
  return entryWords.who(actor.name, facts?.channel)
}

/** What the entry says of itself, where it may be shown. */
export function summaryOf({ payload }: EntryRecord): string | null {
  const summary = payload?.summary
  return typeof summary === 'string' && summary !== '' ? summary : null
}
