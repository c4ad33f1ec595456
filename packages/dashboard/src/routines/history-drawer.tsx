import { useSignal } from '@preact/signals'
import { exactTime } from '../cards/time.ts'
import { duration } from '../cards/units.ts'
import { useTry } from '../forms/doing.ts'
import { readByTool } from '../live/reading.ts'
import { useResource } from '../live/resource.ts'
import { useSigned } from '../page.ts'
import { addressOf } from '../shell/router.ts'
import { routines as words } from '../strings/routines.ts'
import { Dialog } from '../ui/dialog.tsx'
import { Empty, Shown } from '../ui/states.tsx'
import { When } from '../ui/when.tsx'
import { RunPlot } from './run-strip.tsx'
import { joined, outcomeOfRun } from './runs.ts'
import type { Run, RunPage } from './views.ts'

export interface HistoryDrawerProps {
  readonly name: string
  /** Those known already, which stay up to date while it is open. */
  readonly newest: readonly Run[]
  readonly close: () => void
}

/** Runs read at a time. */
const PAGE = 100

/** How a routine ran, newest first, and the way to what each run did. */
export function HistoryDrawer({ name, newest, close }: HistoryDrawerProps) {
  const { api } = useSigned()
  const attempt = useTry()
  const read = (before: number | null, signal: AbortSignal) =>
    readByTool<RunPage>(api, 'routine_history', { name, limit: PAGE, ...(before === null ? {} : { before }) }, signal)
  const history = useResource((signal) => read(null, signal), [name])
  const busy = useSignal(false)
  const older = (page: RunPage) =>
    attempt(async () => {
      if (busy.peek()) return
      busy.value = true
      try {
        const next = await read(page.nextBefore, new AbortController().signal)
        history.replace({ ...next, runs: joined(page.runs, next.runs) })
      } finally {
        busy.value = false
      }
    })
  return (
    <Dialog title={words.runs.title(name)} close={close} kind="drawer wide">
      <Shown resource={history} what={words.runs.what}>
        {(page) => {
          const runs = joined(page.runs, newest)
          if (runs.length === 0) return <Empty title={words.runs.none}>{words.runs.noneLead}</Empty>
          return (
            <>
              <Plotted runs={runs} />
              <ul class="runs">
                {runs.map((run) => (
                  <RunLine key={run.index} run={run} />
                ))}
              </ul>
              {page.nextBefore !== null && (
                <button type="button" class="quiet" aria-disabled={busy.value} onClick={() => void older(page)}>
                  {words.runs.older}
                </button>
              )}
            </>
          )
        }}
      </Shown>
    </Dialog>
  )
}

function Plotted({ runs }: { readonly runs: readonly Run[] }) {
  const [first, last] = [runs.at(-1), runs[0]]
  if (first === undefined || last === undefined) return null
  const [from, to] = [exactTime(Date.parse(first.at)), exactTime(Date.parse(last.at))]
  return (
    <figure class="run-figure">
      <RunPlot runs={runs} label={words.runs.plot(runs.length, from, to)} />
      <div class="run-axis">
        <When at={first.at} />
        <When at={last.at} />
      </div>
      <figcaption class="note">{words.runs.legend}</figcaption>
    </figure>
  )
}

const TONES = { good: 'good', bad: 'bad', skipped: 'warn' } as const

function RunLine({ run }: { readonly run: Run }) {
  const { at, trigger, skipped, failedCalls, durationMs, session, index, code } = run
  const outcome = outcomeOfRun(run)
  const about = [
    ...(trigger === null ? [] : [words.runs.triggers[trigger] ?? trigger]),
    ...(skipped === null ? [] : [words.runs.skips[skipped] ?? skipped]),
    ...(durationMs === null ? [] : [duration(durationMs)]),
    ...(failedCalls === 0 ? [] : [words.runs.failedCalls(failedCalls)]),
  ]
  return (
    <li class="run-line">
      <span class={`pill ${TONES[outcome]}`}>{words.outcomes[outcome]}</span>
      <span class="run-when">
        <When at={at} />
      </span>
      <span class="thing-about">
        {about.join(' · ')} {code !== null && <code>{code}</code>}
      </span>
      <span class="run-links">
        {session !== null && (
          <a
            href={addressOf('ledger', { query: { session } })}
            aria-label={words.runs.callsOf(exactTime(Date.parse(at)))}
          >
            {words.runs.calls}
          </a>
        )}
        <a href={addressOf('ledger', { path: [String(index)] })}>{words.runs.entry(index)}</a>
      </span>
    </li>
  )
}
