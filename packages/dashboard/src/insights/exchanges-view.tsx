import { useCallback } from 'preact/hooks'
import { TextFilter } from '../forms/text-filter.tsx'
import { usePage } from '../page.ts'
import { insights as words } from '../strings/insights.ts'
import { Empty, Failed, Loading } from '../ui/states.tsx'
import { When } from '../ui/when.tsx'
import type { ExchangeFilters, Exchanges, ListedExchanges } from './exchanges.ts'
import { ExchangesTable } from './exchanges-table.tsx'

export interface ExchangesViewProps {
  readonly exchanges: Exchanges
  readonly filters: ExchangeFilters
  readonly labelOf: (credential: string) => string
  readonly chosen: number | null
}

/** Exchanges with models, and what narrows them. */
export function ExchangesView({ exchanges, filters, labelOf, chosen }: ExchangesViewProps) {
  const { items, more, busy, error, kept } = exchanges.listed.value
  const onEnd = useCallback(() => void exchanges.more(), [exchanges])
  const isFiltered = Object.keys(filters).length > 0
  return (
    <>
      <Filters filters={filters} />
      {error !== null && <Failed error={error} again={() => exchanges.again()} />}
      {items.length === 0 && error === null && (busy || more) && <Loading what={words.exchanges.what} />}
      {items.length === 0 && !busy && !more && (
        <Empty title={isFiltered ? words.exchanges.noneFits : words.exchanges.none}>
          {isFiltered ? words.exchanges.noneFitsLead : words.exchanges.noneLead}
        </Empty>
      )}
      {items.length > 0 && <ExchangesTable {...{ items, filters, labelOf, onEnd, chosen }} />}
      <Kept kept={kept} />
    </>
  )
}

function Filters({ filters }: { readonly filters: ExchangeFilters }) {
  const { router } = usePage()
  const change = (next: ExchangeFilters) => router.become('insights', { query: { ...next } })
  const set = (name: keyof ExchangeFilters, value: string) => change({ ...filters, [name]: value })
  return (
    // biome-ignore lint/a11y/useSemanticElements: Preact types do not know the element search yet
    <div class="filters" role="search">
      <TextFilter label={words.filters.q} hint={words.filters.qHint} value={filters.q} set={(q) => set('q', q)} />
      <label class="field">
        <span>{words.filters.engine}</span>
        <select value={filters.engine ?? ''} onChange={({ currentTarget }) => set('engine', currentTarget.value)}>
          <option value="">{words.filters.any}</option>
          {Object.entries(words.engineNames).map(([engine, name]) => (
            <option key={engine} value={engine}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>{words.filters.result}</span>
        <select value={filters.failed ?? ''} onChange={({ currentTarget }) => set('failed', currentTarget.value)}>
          <option value="">{words.filters.any}</option>
          <option value="false">{words.filters.well}</option>
          <option value="true">{words.filters.failed}</option>
        </select>
      </label>
      <TextFilter
        label={words.filters.chat}
        hint={words.filters.anyChat}
        value={filters.chat_id}
        set={(chat_id) => set('chat_id', chat_id)}
      />
    </div>
  )
}

function Kept({ kept }: { readonly kept: ListedExchanges['kept'] }) {
  if (kept === null || kept.kept_since === null) return null
  return (
    <p class="note kept-note">
      {words.exchanges.since} <When at={kept.kept_since} />
      {kept.dropped > 0 && ` ${words.exchanges.dropped(kept.dropped)}`}. {words.exchanges.secrets}
    </p>
  )
}
