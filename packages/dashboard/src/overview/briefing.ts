import type { EntryRecord } from '../entries/entry.ts'
import { overview } from '../strings/overview.ts'
import type { Disks } from './figures.ts'

const words = overview.brief

/** The last day in a few sentences, from what the ledger and the disks say: nothing here was made up by a model. */
export function briefing(records: readonly EntryRecord[], disks: Disks | null): readonly string[] {
  const count = (fits: (entry: EntryRecord['entry']) => boolean) => records.filter(({ entry }) => fits(entry)).length
  const acts = count(({ type, ok }) => type === 'outcome' && ok !== false)
  const failures = count(({ type, ok }) => (type === 'outcome' && ok === false) || type === 'interrupted')
  const incidents = count(({ type }) => type === 'incident_opened')
  const switches = count(({ type }) => type === 'switch_step')
  const decided = count(({ type }) => type === 'approval_decided')
  const parts = [
    acts === 0 ? words.noActs : words.acts(acts),
    ...(failures === 0 ? [] : [words.failures(failures)]),
    ...(switches === 0 ? [] : [words.switches(switches)]),
    ...(incidents === 0 ? [] : [words.incidents(incidents)]),
    ...(decided === 0 ? [] : [words.approvals(decided)]),
  ]
  const fullest = disks?.fileSystems.toSorted((a, b) => b.usedPercent - a.usedPercent)[0]
  return [
    `${words.night}, ${listed(parts)}.`,
    ...(fullest === undefined ? [] : [words.fullest(fullest.mountPoint, fullest.usedPercent)]),
  ]
}

/** `a, b and c`. */
function listed(parts: readonly string[]): string {
  return new Intl.ListFormat('en', { type: 'conjunction' }).format(parts)
}
