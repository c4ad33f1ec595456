import { routines as words } from '../strings/routines.ts'
import { outcomeOfRun, type RunOutcome } from './runs.ts'
import type { Run } from './views.ts'

/** Runs shown of a routine in the list. */
const SHOWN = 30
/** How high each is drawn, of 10: what went wrong stands out without its colour, too. */
const HEIGHTS: Readonly<Record<RunOutcome, number>> = { good: 6, bad: 10, skipped: 2 }

/** The newest runs, oldest first, each a bar. */
export function RunStrip({ name, runs }: { readonly name: string; readonly runs: readonly Run[] }) {
  const shown = runs.slice(0, SHOWN).toReversed()
  const outcomes = shown.map(outcomeOfRun)
  const count = (wanted: RunOutcome) => outcomes.filter((outcome) => outcome === wanted).length
  const label = words.strip(name, words.stripRuns(count('good'), count('bad'), count('skipped')))
  return (
    <svg class="run-strip" viewBox={`0 0 ${SHOWN * 4} 10`} preserveAspectRatio="none" role="img" aria-label={label}>
      {outcomes.map((outcome, position) => {
        const height = HEIGHTS[outcome]
        const x = (SHOWN - shown.length + position) * 4
        return <rect key={position} class={`run-bar ${outcome}`} x={x} y={10 - height} width="2.6" height={height} />
      })}
    </svg>
  )
}

/** Runs on an axis of time, each as high as it took long; the longest fills the height. */
export function RunPlot({ runs, label }: { readonly runs: readonly Run[]; readonly label: string }) {
  const moments = runs.map(({ at }) => Date.parse(at))
  const [from, to] = [Math.min(...moments), Math.max(...moments)]
  const longest = Math.max(1, ...runs.map(({ durationMs }) => durationMs ?? 0))
  const span = Math.max(1, to - from)
  return (
    <svg class="run-plot" viewBox="0 0 1000 100" preserveAspectRatio="none" role="img" aria-label={label}>
      {runs.map((run, position) => {
        const outcome = outcomeOfRun(run)
        // A square root, so that quick runs beside a slow one are still to be seen.
        const height = outcome === 'skipped' ? 6 : 14 + 86 * Math.sqrt((run.durationMs ?? 0) / longest)
        const x = 4 + ((moments[position] ?? from) - from) * (988 / span)
        return (
          <rect key={run.index} class={`run-bar ${outcome}`} x={x - 2} y={100 - height} width="4" height={height} />
        )
      })}
    </svg>
  )
}
