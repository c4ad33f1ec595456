import { bytes } from '../cards/units.ts'
import { usePage } from '../page.ts'
import { insights as words } from '../strings/insights.ts'
import { Panel } from '../ui/page-frame.tsx'
import { DayBars } from './day-bars.tsx'
import { totalsOf } from './totals.ts'
import { type Crossings, DAYS } from './traffic.ts'

/** Bytes out by day and host, of everything that left. */
export function OutPanel({ left }: { readonly left: Crossings }) {
  const { clock } = usePage()
  const sent = left.all.flatMap(({ at, host, out, here }) =>
    here ? [] : [{ at, host: host ?? words.traffic.noHost, bytes: out ?? 0 }],
  )
  const totals = totalsOf(sent, DAYS, clock.peek())
  const oldest = left.all.at(-1)?.at ?? 0
  const isPart = left.more && oldest > (totals.days[0] ?? 0)
  const all = totals.hosts.reduce((sum, host) => sum + host.bytes, 0)
  return (
    <Panel title={words.out.title(DAYS)} class="wide out-panel" acts={<strong>{bytes(all)}</strong>}>
      {totals.hosts.length === 0 ? <p class="note">{words.out.none(DAYS)}</p> : <DayBars totals={totals} />}
      {isPart && <p class="note">{words.out.part(sent.length)}</p>}
    </Panel>
  )
}
