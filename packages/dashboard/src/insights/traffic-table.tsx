import { bytes, duration } from '../cards/units.ts'
import { addressOf } from '../shell/router.ts'
import { insights as words } from '../strings/insights.ts'
import { type Column, VirtualTable } from '../ui/virtual-table.tsx'
import { When } from '../ui/when.tsx'
import type { Crossing } from './crossing.ts'

export interface TrafficTableProps {
  readonly rows: readonly Crossing[]
  readonly refused?: boolean
  readonly onEnd: () => void
}

/** What the ledger has of what left, or was kept here: no content, but all of it. Each row leads to its entry. */
export function TrafficTable({ rows, refused = false, onEnd }: TrafficTableProps) {
  return (
    <VirtualTable
      label={refused ? words.refused.list : words.traffic.list}
      rows={rows}
      keyOf={({ index }) => index}
      columns={refused ? [TO, PURPOSE, WHY, FOUND, WHEN] : [TO, PURPOSE, HOW, OUT, BACK, TAKEN, ENDED, WHEN]}
      onEnd={onEnd}
    />
  )
}

const { columns } = words

const TO: Column<Crossing> = {
  key: 'to',
  title: columns.to,
  width: 'minmax(8rem, 1.2fr)',
  cell: ({ index, kind, host, code, here }) => (
    <>
      <span
        class={`dot ${kind === 'refused' ? 'warn' : code !== null ? 'bad' : here ? 'good' : 'quiet'}`}
        aria-hidden="true"
      />{' '}
      <a href={addressOf('ledger', { path: [String(index)] })}>{host ?? words.traffic.noHost}</a>{' '}
      {here && <span class="pill good">{words.traffic.here}</span>}
    </>
  ),
}

const PURPOSE: Column<Crossing> = {
  key: 'purpose',
  title: columns.purpose,
  width: 'minmax(7rem, 1fr)',
  from: 560,
  cell: ({ purpose }) => (purpose === null ? '' : (words.purposes[purpose] ?? purpose)),
}

const HOW: Column<Crossing> = {
  key: 'how',
  title: columns.how,
  width: '6rem',
  from: 760,
  cell: ({ kind, method, viaTor }) =>
    [kind === 'tunnel' ? words.traffic.tunnel : method, viaTor ? 'Tor' : null]
      .filter((part) => part !== null)
      .join(', '),
}

const OUT: Column<Crossing> = {
  key: 'out',
  title: columns.out,
  width: '5.5rem',
  cell: ({ kind, out }) => (
    <span class="number">{out === null ? '…' : kind === 'tunnel' ? words.traffic.both(bytes(out)) : bytes(out)}</span>
  ),
}

const BACK: Column<Crossing> = {
  key: 'back',
  title: columns.back,
  width: '4.5rem',
  from: 480,
  cell: ({ back }) => <span class="number">{back === null ? '' : bytes(back)}</span>,
}

const TAKEN: Column<Crossing> = {
  key: 'taken',
  title: columns.taken,
  width: 'minmax(6rem, 0.8fr)',
  from: 860,
  cell: ({ found, secrets }) => words.traffic.changed(found, secrets),
}

const ENDED: Column<Crossing> = {
  key: 'ended',
  title: columns.status,
  width: '8.5rem',
  from: 640,
  cell: ({ status, code, durationMs }) => {
    const how = code ?? (status === null ? null : String(status))
    if (how === null) return durationMs === null ? words.traffic.open : duration(durationMs)
    return words.exchanges.ended(how, duration(durationMs ?? 0))
  },
}

const WHY: Column<Crossing> = {
  key: 'why',
  title: columns.why,
  width: 'minmax(8rem, 1.4fr)',
  cell: ({ code }) => {
    const why = code === null ? '' : (words.refused.codes[code] ?? code)
    return <span title={why}>{why}</span>
  },
}

const FOUND: Column<Crossing> = {
  key: 'found',
  title: columns.found,
  width: 'minmax(8rem, 1.2fr)',
  from: 760,
  cell: ({ found }) => <span title={found.join(', ')}>{found.join(', ')}</span>,
}

const WHEN: Column<Crossing> = { key: 'when', title: columns.when, width: '7.5rem', cell: ({ at }) => <When at={at} /> }
