import type { listGenerations, listLedgerEntries, listSwitches } from '@castellan/contracts/api'
import { isNotable } from '@castellan/contracts/notable'
import { useSignal } from '@preact/signals'
import { useNews } from '../live/live.ts'
import { toError, useResource } from '../live/resource.ts'
import { useSigned } from '../page.ts'
import { timeline as words } from '../strings/timeline.ts'
import { PageFrame } from '../ui/page-frame.tsx'
import { Empty, Shown, sentenceOf } from '../ui/states.tsx'
import { Axis } from './axis.tsx'
import { type Mark, marksOf } from './events.ts'
import { MarkDetail, MarkList } from './mark-detail.tsx'
import { moved, SPANS, upToNow, type Window, zoomed } from './window.ts'

/** Pages of 200 entries that one look at the axis reads at most. */
const MOST_PAGES = 5

/** What changed, and when. */
export function TimelinePage() {
  const { api } = useSigned()
  const window = useSignal<Window>(upToNow(SPANS.day, Date.now()))
  const chosen = useSignal<readonly Mark[]>([])
  const { from, to } = window.value
  // Fetched by whole hours, so that a small move asks for nothing new.
  const since = Math.floor(from / 3_600_000) * 3_600_000
  const until = Math.ceil(to / 3_600_000) * 3_600_000
  const events = useResource(
    async (signal) => {
      const records = []
      let cursor: string | null = null
      for (let page = 0; page < MOST_PAGES; page += 1) {
        const query = { since, until, notable: true, limit: 200, ...(cursor === null ? {} : { cursor }) }
        const read: Awaited<ReturnType<typeof api.ask<typeof listLedgerEntries>>> = await api.ask<
          typeof listLedgerEntries
        >('GET', '/api/v1/ledger/entries', { query, signal })
        records.push(...read.items)
        cursor = read.next_cursor
        if (cursor === null) break
      }
      return { records, cut: cursor !== null }
    },
    [since, until],
  )
  const systems = useResource(async (signal) => {
    const query = { limit: 200 }
    const refused = (error: unknown) => {
      signal.throwIfAborted()
      return sentenceOf(toError(error))
    }
    const [generations, switches] = await Promise.all([
      api.ask<typeof listGenerations>('GET', '/api/v1/generations', { query, signal }).catch(refused),
      api.ask<typeof listSwitches>('GET', '/api/v1/switches', { query, signal }).catch(refused),
    ])
    return {
      generations: typeof generations === 'string' ? [] : generations.items,
      switches: typeof switches === 'string' ? [] : switches.items,
      problem: typeof generations === 'string' ? generations : null,
    }
  })
  useNews(isNotable, () => void events.reload())
  useNews(
    ({ type }) => type === 'switch_step',
    () => void systems.reload(),
  )
  const move = (next: Window) => {
    window.value = next
  }
  return (
    <PageFrame title={words.title} lead={words.lead} acts={<Controls window={window.value} move={move} />}>
      <Shown resource={systems} what={words.what}>
        {({ generations, switches, problem }) => (
          <>
            <Shown resource={events} what={words.what}>
              {({ records, cut }) => {
                const marks = marksOf(records, generations, switches)
                return (
                  <>
                    <Axis
                      window={window.value}
                      marks={marks}
                      chosen={chosen.value[0]?.id ?? null}
                      move={move}
                      pick={(picked) => {
                        chosen.value = picked
                      }}
                    />
                    {cut && <p class="note">{words.cut}</p>}
                    {!marks.some(({ at }) => at >= from && at <= to) && (
                      <Empty title={words.none}>{words.noneLead}</Empty>
                    )}
                  </>
                )
              }}
            </Shown>
            {problem !== null && <p class="note">{words.noGenerations(problem)}</p>}
            {chosen.value.length === 0 && <p class="note timeline-pick">{words.pick}</p>}
            {chosen.value.length === 1 && chosen.value.map((mark) => <MarkDetail key={mark.id} mark={mark} />)}
            {chosen.value.length > 1 && (
              <MarkList
                marks={chosen.value}
                pick={(mark) => {
                  chosen.value = [mark]
                }}
              />
            )}
          </>
        )}
      </Shown>
    </PageFrame>
  )
}

function Controls({ window, move }: { readonly window: Window; readonly move: (window: Window) => void }) {
  const span = window.to - window.from
  return (
    <fieldset class="segments" aria-label={words.range}>
      {(Object.keys(SPANS) as (keyof typeof SPANS)[]).map((name) => (
        <button
          key={name}
          type="button"
          class="quiet"
          aria-pressed={span === SPANS[name]}
          onClick={() => move(upToNow(SPANS[name], Date.now()))}
        >
          {words.ranges[name]}
        </button>
      ))}
      <button type="button" class="quiet" onClick={() => move(moved(window, -0.5, Date.now()))}>
        {words.earlier}
      </button>
      <button type="button" class="quiet" onClick={() => move(moved(window, 0.5, Date.now()))}>
        {words.later}
      </button>
      <button type="button" class="quiet" onClick={() => move(zoomed(window, 0.5))}>
        {words.closer}
      </button>
      <button type="button" class="quiet" onClick={() => move(zoomed(window, 2))}>
        {words.wider}
      </button>
    </fieldset>
  )
}
