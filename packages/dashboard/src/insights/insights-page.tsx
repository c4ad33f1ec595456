import type { listCredentials } from '@castellan/contracts/api'
import { useSignal } from '@preact/signals'
import { useCallback, useEffect, useMemo } from 'preact/hooks'
import { useNews } from '../live/live.ts'
import { useResource } from '../live/resource.ts'
import { usePage, useSigned } from '../page.ts'
import type { PageProps } from '../shell/page-entry.ts'
import { insights as words } from '../strings/insights.ts'
import { navigation } from '../strings/navigation.ts'
import { Cross } from '../theme/icons.tsx'
import { PageFrame } from '../ui/page-frame.tsx'
import { Failed, Loading } from '../ui/states.tsx'
import { DeleteInsights } from './delete-insights.tsx'
import { ExchangeDetail } from './exchange-detail.tsx'
import { Exchanges } from './exchanges.ts'
import { ExchangesView } from './exchanges-view.tsx'
import { LateLook } from './late-look.ts'
import { NothingLeft } from './nothing-left.tsx'
import { OutPanel } from './out-panel.tsx'
import { exchangeFilters, VIEWS, viewOf } from './place.ts'
import { Traffic } from './traffic.ts'
import { TrafficView } from './traffic-view.tsx'
import { fateOf } from './views.ts'

/** Entries after which there may be another exchange. */
const NEWS: ReadonlySet<string> = new Set(['egress_ended', 'egress_refused', 'egress_tunnel_closed', 'usage_reported'])

/** What left the machine, byte for byte, and what came back. */
export function InsightsPage({ route }: PageProps) {
  const { router } = usePage()
  const { api, live } = useSigned()
  const filters = exchangeFilters(route.query)
  const exchanges = useMemo(() => new Exchanges(api, filters), [api, JSON.stringify(filters)])
  const late = useMemo(() => new LateLook(() => exchanges.newest()), [exchanges])
  const traffic = useMemo(() => new Traffic(api), [api])
  const deleting = useSignal(false)
  const credentials = useResource((signal) => api.ask<typeof listCredentials>('GET', '/api/v1/credentials', { signal }))
  useEffect(() => {
    void exchanges.more()
    return () => {
      exchanges.close()
      late.close()
    }
  }, [exchanges, late])
  useEffect(() => {
    traffic.open(live)
    return () => traffic.close()
  }, [traffic, live])
  useNews(
    ({ type }) => NEWS.has(type),
    () => late.begin(),
  )
  useNews(
    ({ type }) => type === 'insights_deleted',
    () => exchanges.again(),
  )
  const known = credentials.state.value
  const labels = new Map(known.kind === 'ready' ? known.value.items.map(({ id, label }) => [String(id), label]) : [])
  const labelOf = useCallback((id: string) => labels.get(id) ?? id, [known])
  const { items, kept } = exchanges.listed.value
  const left = traffic.left.value
  const refused = traffic.refused.value
  const view = viewOf(route.query)
  const id = /^\d{1,15}$/.test(route.path[0] ?? '') ? Number(route.path[0]) : null
  const nothing =
    left.known && left.all.every(({ here }) => here) && !items.some((one) => ['left', 'program'].includes(fateOf(one)))
  const isEmpty =
    nothing &&
    left.all.length === 0 &&
    kept !== null &&
    kept.kept_since === null &&
    refused.known &&
    refused.all.length === 0
  return (
    <PageFrame
      title={navigation.insights.title}
      lead={words.lead}
      acts={
        kept?.kept_since != null && (
          <button
            type="button"
            onClick={() => {
              deleting.value = true
            }}
          >
            <Cross /> {words.remove.open}
          </button>
        )
      }
    >
      {left.error !== null && <Failed error={left.error} again={() => traffic.retry()} />}
      {left.error === null && !left.known && <Loading what={words.traffic.what} />}
      {nothing ? <NothingLeft refused={refused.all.length} /> : left.known && <OutPanel left={left} />}
      {!isEmpty && (
        <>
          <fieldset class="segments insight-views" aria-label={words.views.label}>
            {VIEWS.map((name) => (
              <button
                key={name}
                type="button"
                aria-pressed={name === view}
                onClick={() => router.become('insights', { query: name === 'models' ? {} : { view: name } })}
              >
                {words.views[name]}
              </button>
            ))}
          </fieldset>
          {view === 'models' ? (
            <ExchangesView {...{ exchanges, filters, labelOf, chosen: id }} />
          ) : (
            <TrafficView
              crossings={view === 'refused' ? refused : left}
              refused={view === 'refused'}
              more={() => traffic.more()}
              retry={() => traffic.retry()}
            />
          )}
        </>
      )}
      {id !== null && (
        <ExchangeDetail
          key={id}
          id={id}
          labelOf={labelOf}
          close={() => router.go('insights', { query: { ...filters } })}
        />
      )}
      {deleting.value && (
        <DeleteInsights
          chat={filters.chat_id ?? null}
          deleted={() => exchanges.again()}
          close={() => {
            deleting.value = false
          }}
        />
      )}
    </PageFrame>
  )
}
