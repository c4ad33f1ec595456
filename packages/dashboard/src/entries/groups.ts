import { type EntryRecord, toneOf, whoOf } from './entry.ts'
import { titleOf } from './title.ts'

/** Entries that say the same of the same: the newest of them, and how many there are. */
export interface Group {
  readonly newest: EntryRecord
  readonly count: number
}

/** Each by itself. */
export function each(records: readonly EntryRecord[]): readonly Group[] {
  return records.map((newest) => ({ newest, count: 1 }))
}

/** Newest first, in groups in the order of their newest: what happens every five minutes is one line. Acts stay apart, as each can be taken back. */
export function grouped(records: readonly EntryRecord[]): readonly Group[] {
  const groups = new Map<string, { newest: EntryRecord; count: number }>()
  for (const record of records) {
    const { entry } = record
    const key =
      entry.type === 'outcome' ? String(entry.index) : [titleOf(entry), whoOf(entry), toneOf(entry)].join('\n')
    const known = groups.get(key)
    if (known === undefined) groups.set(key, { newest: record, count: 1 })
    else known.count += 1
  }
  return [...groups.values()]
}
