import { useCallback } from 'preact/hooks'
import { insights as words } from '../strings/insights.ts'
import { Empty, Failed, Loading } from '../ui/states.tsx'
import type { Crossings } from './traffic.ts'
import { TrafficTable } from './traffic-table.tsx'

export interface TrafficViewProps {
  readonly crossings: Crossings
  readonly refused: boolean
  readonly more: () => void
  readonly retry: () => void
}

/** What the ledger has of the way out. */
export function TrafficView({ crossings, refused, more, retry }: TrafficViewProps) {
  const { all, known, error } = crossings
  const text = refused ? words.refused : words.traffic
  const onEnd = useCallback(more, [all.length])
  return (
    <>
      <p class="note">{text.lead}</p>
      {error !== null && <Failed error={error} again={retry} />}
      {!known && error === null && <Loading what={text.what} />}
      {known && all.length === 0 && <Empty title={text.none}>{text.noneLead}</Empty>}
      {all.length > 0 && <TrafficTable rows={all} refused={refused} onEnd={onEnd} />}
    </>
  )
}
