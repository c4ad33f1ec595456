import type { ComponentType } from 'preact'
import { useState } from 'preact/hooks'
import { useResource } from '../live/resource.ts'
import { chatPage as words } from '../strings/chat.ts'
import type { PlotProps } from '../ui/plot.tsx'
import { ResultTable } from './result-table.tsx'
import { type Series, type SeriesPlot, UNIT_WORDS } from './series.ts'
import type { TableShape } from './shape.ts'

export interface SeriesViewProps {
  readonly series: Series
  readonly table: TableShape
  readonly name: string
}

/** Figures over time as plots, a plot for each, with the way to the same as a table. What draws is fetched when it is first wanted. */
export function SeriesView({ series, table, name }: SeriesViewProps) {
  const [asTable, setAsTable] = useState(false)
  const plot = useResource(() => import('../ui/plot.tsx').then(({ Plot }) => ({ Plot })))
  const state = plot.state.value
  const toggle = (
    <button type="button" class="quiet more" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
      {asTable ? words.series.asPlot : words.series.table}
    </button>
  )
  if (asTable || state.kind === 'failed') {
    return (
      <>
        <ResultTable table={table} name={name} />
        {toggle}
      </>
    )
  }
  return (
    <>
      <div class="series">
        {series.plots.map((one) => (
          <figure key={one.label}>
            <figcaption>
              <span class="part-name">{one.label}</span>{' '}
              {one.lines.length > 1 && (
                <span class="note">{words.series.lines(one.lines.map(({ label }) => label.toLowerCase()))}</span>
              )}
            </figcaption>
            {state.kind === 'ready' && <Drawn Plot={state.value.Plot} at={series.at} plot={one} />}
          </figure>
        ))}
      </div>
      {toggle}
    </>
  )
}

const COLOURS = ['accent', 'warn'] as const

function Drawn(props: {
  readonly Plot: ComponentType<PlotProps>
  readonly at: readonly number[]
  readonly plot: SeriesPlot
}) {
  const { Plot, at, plot } = props
  const format = UNIT_WORDS[plot.unit]
  const lines = plot.lines.map((line, position) => {
    return { name: line.label, colour: COLOURS[position] ?? 'accent', values: line.values }
  })
  const known = plot.lines.flatMap(({ values }) => values.filter((value) => value !== null))
  const said = words.series.range(format(Math.min(...known)), format(Math.max(...known)))
  const label = `${words.series.plot(plot.label)}: ${plot.lines.map((line) => line.label).join(', ')}; ${said}`
  return (
    <Plot label={label} at={at} lines={lines} format={format} {...(plot.unit === 'percent' && { range: [0, 100] })} />
  )
}
