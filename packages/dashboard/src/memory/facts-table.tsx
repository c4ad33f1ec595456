import { addressOf } from '../shell/router.ts'
import { memory as words } from '../strings/memory.ts'
import { type Column, VirtualTable } from '../ui/virtual-table.tsx'
import { When } from '../ui/when.tsx'
import type { Fact } from './facts.ts'
import { Labels } from './labels.tsx'

export interface FactsTableProps {
  readonly facts: readonly Fact[]
  /** Filters of the address, which stay while one is looked at. */
  readonly query: Readonly<Record<string, string>>
  readonly onEnd: () => void
  readonly chosen: number | null
}

/** What is remembered, each a row. */
export function FactsTable({ facts, query, onEnd, chosen }: FactsTableProps) {
  return (
    <VirtualTable
      label={words.list}
      rows={facts}
      keyOf={({ id }) => id}
      columns={columnsOf(query)}
      onEnd={onEnd}
      {...(chosen === null ? {} : { chosen })}
    />
  )
}

function columnsOf(query: Readonly<Record<string, string>>): readonly Column<Fact>[] {
  const { fields } = words
  return [
    {
      key: 'fact',
      title: fields.fact,
      width: 'minmax(9rem, 3fr)',
      cell: ({ id, text, labels }) => (
        <>
          <Labels labels={labels} /> <a href={addressOf('memory', { path: [String(id)], query })}>{text}</a>
        </>
      ),
    },
    { key: 'source', title: fields.source, width: 'minmax(7rem, 1.2fr)', from: 640, cell: ({ source }) => source },
    { key: 'by', title: fields.by, width: '6rem', from: 760, cell: ({ by }) => by },
    {
      key: 'sure',
      title: fields.sure,
      width: '4rem',
      from: 480,
      cell: ({ confidence }) => <span class="number">{words.percent(confidence)}</span>,
    },
    {
      key: 'ends',
      title: fields.ends,
      width: '6.5rem',
      from: 880,
      cell: ({ expires_at }) => (expires_at === null ? words.never : <When at={expires_at} />),
    },
    {
      key: 'stored',
      title: fields.stored,
      width: '6.5rem',
      cell: ({ stored_at }) => <When at={stored_at} />,
    },
  ]
}
