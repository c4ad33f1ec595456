import { addressOf } from '../shell/router.ts'
import { entryWords } from '../strings/entries.ts'
import { When } from '../ui/when.tsx'
import { summaryOf, toneOf, whoOf } from './entry.ts'
import type { Group } from './groups.ts'
import { titleOf } from './title.ts'

/** Entries as a short list, each a way to its place in the ledger. */
export function EntryList({ groups }: { readonly groups: readonly Group[] }) {
  return (
    <ul class="entry-list">
      {groups.map((group) => (
        <EntryLine key={group.newest.entry.index} {...group} />
      ))}
    </ul>
  )
}

function EntryLine({ newest, count }: Group) {
  const { entry } = newest
  return (
    <li class={`entry-line ${toneOf(entry)}`}>
      <span class="dot" aria-hidden="true" />
      <a href={addressOf('ledger', { path: [String(entry.index)] })}>{titleOf(entry)}</a>
      <span class="entry-who">
        {count > 1 && `${entryWords.times(count)}, `}
        {entryWords.by(entry.actor.kind, whoOf(entry))}, <When at={entry.time} />
      </span>
      <span class="entry-summary">{summaryOf(newest)}</span>
    </li>
  )
}
