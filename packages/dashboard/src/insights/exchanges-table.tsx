import { bytes, duration } from '../cards/units.ts'
import { addressOf } from '../shell/router.ts'
import { insights as words } from '../strings/insights.ts'
import { type Column, VirtualTable } from '../ui/virtual-table.tsx'
import { When } from '../ui/when.tsx'
import type { ExchangeFilters } from './exchanges.ts'
import { dollars, fateOf, hostOf, type InsightSummary } from './views.ts'

export interface ExchangesTableProps {
  readonly items: readonly InsightSummary[]
  readonly filters: ExchangeFilters
  readonly labelOf: (credential: string) => string
  readonly onEnd: () => void
  readonly chosen: number | null
}

/** Exchanges with models, newest first. */
export function ExchangesTable({ items, filters, labelOf, onEnd, chosen }: ExchangesTableProps) {
  return (
    <VirtualTable
      label={words.exchanges.list}
      rows={items}
      keyOf={({ insight_id }) => insight_id}
      columns={columnsOf(filters, labelOf)}
      onEnd={onEnd}
      {...(chosen === null ? {} : { chosen })}
    />
  )
}

const TONES = { left: 'quiet', program: 'quiet', held: 'warn', here: 'good', near: 'good', unknown: 'warn' } as const

function columnsOf(
  filters: ExchangeFilters,
  labelOf: (credential: string) => string,
): readonly Column<InsightSummary>[] {
  const { columns } = words
  return [
    {
      key: 'host',
      title: columns.to,
      width: 'minmax(6rem, 1.4fr)',
      cell: (one) => (
        <>
          <span class={`dot ${one.problem === null ? TONES[fateOf(one)] : 'bad'}`} aria-hidden="true" />{' '}
          <a href={addressOf('insights', { path: [String(one.insight_id)], query: { ...filters } })}>
            {hostOf(one) ?? words.exchanges.here}
          </a>
        </>
      ),
    },
    {
      key: 'model',
      title: columns.model,
      width: 'minmax(6rem, 1fr)',
      from: 560,
      cell: ({ engine, model }) => model ?? words.engineNames[engine],
    },
    {
      key: 'who',
      title: columns.who,
      width: 'minmax(5.5rem, 0.9fr)',
      from: 800,
      cell: ({ agent, chat_id }) =>
        chat_id === null || chat_id === agent ? agent : words.exchanges.who(agent, chat_id),
    },
    {
      key: 'paid',
      title: columns.paid,
      width: 'minmax(4.5rem, 0.7fr)',
      from: 1020,
      cell: ({ credential }) => (credential === null ? '' : labelOf(credential)),
    },
    {
      key: 'out',
      title: columns.out,
      width: '4rem',
      cell: (one) => <span class="number">{fateOf(one) === 'held' ? '0' : bytes(one.request_bytes)}</span>,
    },
    {
      key: 'back',
      title: columns.back,
      width: '4rem',
      from: 480,
      cell: ({ response_bytes }) => <span class="number">{bytes(response_bytes)}</span>,
    },
    {
      key: 'tokens',
      title: columns.tokens,
      width: '5.75rem',
      from: 940,
      cell: ({ prompt_tokens, output_tokens }) => (
        <span class="number">{words.tokens(prompt_tokens, output_tokens) ?? ''}</span>
      ),
    },
    {
      key: 'cost',
      title: columns.cost,
      width: '3.75rem',
      from: 860,
      cell: ({ cost }) => <span class="number">{cost === null ? '' : dollars(cost)}</span>,
    },
    {
      key: 'status',
      title: columns.status,
      width: '7.5rem',
      from: 680,
      cell: (one) =>
        fateOf(one) === 'held' ? words.fate.held : words.exchanges.ended(statusOf(one), duration(one.duration_ms)),
    },
    { key: 'when', title: columns.when, width: '6.25rem', cell: ({ at }) => <When at={at} /> },
  ]
}

function statusOf(one: InsightSummary): string {
  if (one.status !== null) return String(one.status)
  return one.problem === null ? words.exchanges.done : words.exchanges.failed
}
