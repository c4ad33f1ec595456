import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import { usePage } from '../page.ts'

export interface Line {
  readonly name: string
  /** A colour of the tokens: `accent`, `warn`. */
  readonly colour: string
  readonly values: readonly (number | null)[]
}

export interface PlotProps {
  /** What is plotted and where it stands, for those who do not see it. */
  readonly label: string
  /** Moments in seconds since 1970, in order. */
  readonly at: readonly number[]
  readonly lines: readonly Line[]
  /** The value as it is written at the axis. */
  readonly format: (value: number) => string
  /** Ends of the upright axis; without them it fits what is shown, from 0. */
  readonly range?: readonly [number, number]
}

const HEIGHT = 132

/** Values over time, drawn by uPlot on a canvas in the colours of the page. */
export function Plot({ label, at, lines, format, range }: PlotProps) {
  const { appearance } = usePage()
  const theme = appearance.theme.value
  const place = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | null>(null)
  const data = [at, ...lines.map(({ values }) => values)] as unknown as uPlot.AlignedData
  const shape = `${theme} ${range?.join()} ${lines.map(({ name, colour }) => name + colour).join()}`
  useEffect(() => {
    const element = place.current
    if (element === null) return
    const drawn = new uPlot(options(element, lines, format, range), data, element)
    plot.current = drawn
    const observer = new ResizeObserver(() => drawn.setSize({ width: element.clientWidth, height: HEIGHT }))
    observer.observe(element)
    return () => {
      observer.disconnect()
      drawn.destroy()
      plot.current = null
    }
  }, [shape])
  useEffect(() => plot.current?.setData(data))
  return <div ref={place} class="plot" role="img" aria-label={label} />
}

function options(
  element: HTMLElement,
  lines: readonly Line[],
  format: (value: number) => string,
  range: readonly [number, number] | undefined,
): uPlot.Options {
  const style = getComputedStyle(element)
  const colour = (name: string) => style.getPropertyValue(`--plot-${name}`)
  const axis = {
    stroke: colour('ink'),
    font: `11px ${style.fontFamily}`,
    ticks: { show: false },
    grid: { stroke: colour('line'), width: 1 },
  }
  return {
    width: element.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { size: 5 } },
    scales: {
      y: { range: range === undefined ? (_, __, highest) => [0, highest > 0 ? highest * 1.15 : 1] : [...range] },
    },
    axes: [
      {
        ...axis,
        size: 22,
        gap: 4,
        space: 64,
        grid: { show: false },
        // One moment alone is no span of time.
        values: ({ data }, splits) => splits.map(data[0].length < 2 ? () => '' : moment(splits)),
      },
      { ...axis, size: 52, gap: 4, space: 34, values: (_, splits) => splits.map(format) },
    ],
    series: [
      {},
      ...lines.map(({ name, colour: of }, position) => ({
        label: name,
        stroke: colour(of),
        width: 1.75,
        ...(position === 0 ? { fill: colour(`${of}-soft`) } : { dash: [5, 4] }),
        points: { show: false },
        spanGaps: false,
      })),
    ],
  }
}

/** How moments are written at the axis: hours of a day, or days where the axis is longer than two. */
function moment(splits: readonly number[]): (at: number) => string {
  const span = (splits.at(-1) ?? 0) - (splits[0] ?? 0)
  const style: Intl.DateTimeFormatOptions =
    span > 2 * 86_400
      ? { day: 'numeric', month: 'short' }
      : { hour: '2-digit', minute: '2-digit', ...(span < 300 ? { second: '2-digit' } : {}) }
  const words = new Intl.DateTimeFormat('en-GB', style)
  return (at) => words.format(at * 1000)
}
