import type { listLedgerEntries } from '@castellan/contracts/api'
import { isNotable } from '@castellan/contracts/notable'
import { type ReadonlySignal, signal } from '@preact/signals'
import type { EntryRecord } from '../entries/entry.ts'
import { EntryList } from '../entries/entry-list.tsx'
import { grouped } from '../entries/groups.ts'
import { useNews } from '../live/live.ts'
import type { Resource } from '../live/resource.ts'
import { useResource } from '../live/resource.ts'
import { useSigned } from '../page.ts'
import { addressOf } from '../shell/router.ts'
import { overview as words } from '../strings/overview.ts'
import { Panel } from '../ui/page-frame.tsx'
import { Shown } from '../ui/states.tsx'

const STORED = 'castellan.seen'
const DAY_MS = 86_400_000
const SHOWN = 12

/** How far the reader has looked: entries below this number are known. Kept by the browser; a day without it. */
export class Seen {
  readonly #storage: Pick<Storage, 'getItem' | 'setItem'> | null
  readonly #upTo
  readonly upTo: ReadonlySignal<number | null>

  constructor(storage: Pick<Storage, 'getItem' | 'setItem'> | null) {
    this.#storage = storage
    const stored = storage?.getItem(STORED)
    this.#upTo = signal(stored != null && /^\d{1,15}$/.test(stored) ? Number(stored) : null)
    this.upTo = this.#upTo
  }

  all(size: number): void {
    this.#upTo.value = size
    this.#storage?.setItem(STORED, String(size))
  }
}

/** The last day's entries that are worth a look, newest first. */
export function useNotable(): Resource<readonly EntryRecord[]> {
  const { api } = useSigned()
  const notable = useResource(async (signal) => {
    const query = { since: Date.now() - DAY_MS, notable: true, limit: 200 }
    const { items } = await api.ask<typeof listLedgerEntries>('GET', '/api/v1/ledger/entries', { query, signal })
    return items
  })
  useNews(isNotable, () => void notable.reload())
  return notable
}

export function Since({ notable, seen }: { readonly notable: Resource<readonly EntryRecord[]>; readonly seen: Seen }) {
  const { live } = useSigned()
  const size = live.size.value
  return (
    <Panel
      title={words.since}
      acts={
        size !== null && (
          <button type="button" class="quiet" onClick={() => seen.all(size)}>
            {words.seen}
          </button>
        )
      }
    >
      <Shown resource={notable} what={words.history}>
        {(all) => {
          const upTo = seen.upTo.value ?? 0
          // A ledger with fewer entries than were seen is another one.
          const fresh = all.filter(({ entry }) => entry.index >= (size !== null && upTo > size ? 0 : upTo))
          const groups = grouped(fresh)
          const none = fresh.length === 0
          return (
            <>
              {none ? <p class="note">{words.sinceNothing}</p> : <EntryList groups={groups.slice(0, SHOWN)} />}
              {(none || groups.length > SHOWN) && (
                <p class="more-link">
                  <a href={addressOf('ledger', { query: { notable: 'true' } })}>
                    {none ? words.sinceBefore : words.sinceAll}
                  </a>
                </p>
              )}
            </>
          )
        }}
      </Shown>
    </Panel>
  )
}
