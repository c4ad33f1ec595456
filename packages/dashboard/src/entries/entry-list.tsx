import { addressOf } from '../shell/router.ts'
import { entryWords } from '../strings/entries.ts'
import { When } from '../ui/when.tsx'
import { type EntryRecord, summaryOf, toneOf, whoOf } from './entry.ts'
import { titleOf } from './title.ts'

/** Entries as a short list, each a way to its place in the ledger. */
export function EntryList({ records }: { readonly records: readonly EntryRecord[] }) {
  return (
    <ul class="entry-list">
      {records.map((record) => (
        <EntryLine key={record.entry.index} record={record} />
      ))}
    </ul>
  )
}

function EntryLine({ record }: { readonly record: EntryRecord }) {
  const { entry } = record
  return (
    <li class={`entry-line ${toneOf(entry)}`}>
      <span class="dot" aria-hidden="true" />
      <a href={addressOf('ledger', { path: [String(entry.index)] })}>{titleOf(entry)}</a>
      <span class="entry-who">
        {entryWords.by(entry.actor.kind, whoOf(entry))}, <When at={entry.time} />
      </span>
      <span class="entry-summary">{summaryOf(record)}</span>
    </li>
  )
}
