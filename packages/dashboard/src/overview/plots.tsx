import type { Vitals } from '@castellan/contracts'
import { useSignal } from '@preact/signals'
import { bytes } from '../cards/units.ts'
import { readByTool } from '../live/reading.ts'
import { useResource } from '../live/resource.ts'
import { useSigned } from '../page.ts'
import { overview as words } from '../strings/overview.ts'
import { Panel } from '../ui/page-frame.tsx'
import { type Line, Plot } from '../ui/plot.tsx'
import { Shown } from '../ui/states.tsx'
import type { History } from './figures.ts'

const RANGES = ['1 hour', '24 hours', '14 days'] as const
type Range = (typeof RANGES)[number]
const POINTS = 120

/** How busy the machine was, up to this moment: the past from what agentd keeps, the present as it comes. */
export function Plots() {
  const { api, live } = useSigned()
  const range = useSignal<Range>('24 hours')
  const since = range.value
  const history = useResource(
    (signal) => readByTool<History>(api, 'load_history', { since, points: POINTS }, signal),
    [since],
  )
  return (
    <Panel
      title={`${words.processor}, ${words.memory.toLowerCase()}, ${words.load.toLowerCase()}`}
      class="wide"
      acts={
        <fieldset class="segments" aria-label={words.range}>
          {RANGES.map((name) => (
            <button
              key={name}
              type="button"
              class="quiet"
              aria-pressed={name === since}
              onClick={() => {
                range.value = name
              }}
            >
              {words.ranges[name]}
            </button>
          ))}
        </fieldset>
      }
    >
      <Shown resource={history} what={words.history}>
        {(past) => <Drawn past={past} vitals={live.vitals.value} range={since} />}
      </Shown>
    </Panel>
  )
}

interface DrawnProps {
  readonly past: History
  readonly vitals: readonly Vitals[]
  readonly range: Range
}

function Drawn({ past, vitals, range }: DrawnProps) {
  const at = [...past.spans.map(({ from }) => seconds(from)), ...vitals.map(({ at }) => seconds(at))]
  const joined = (then: (span: History['spans'][number]) => number | null, now: (look: Vitals) => number | null) => {
    return [...past.spans.map(then), ...vitals.map(now)]
  }
  const last = vitals.at(-1)
  const percent = (value: number) => `${Math.round(value)} %`
  const figure = (value: number) => value.toFixed(value < 10 ? 1 : 0)
  const draw = (
    name: string,
    now: number | null | undefined,
    format: (value: number) => string,
    lines: Line[],
    whole?: true,
  ) => (
    <Figure
      {...{ name, at, lines, format, range: words.ranges[range] }}
      now={now == null ? words.noNow : words.now(format(now))}
      {...(whole && { ends: [0, 100] as const })}
    />
  )
  return (
    <>
      <div class="plots">
        {draw(
          words.processor,
          last?.cpu_percent,
          percent,
          [
            line(
              words.average,
              'accent',
              joined(
                ({ cpuPercent }) => cpuPercent?.average ?? null,
                ({ cpu_percent }) => cpu_percent,
              ),
            ),
            line(
              words.highest,
              'warn',
              joined(
                ({ cpuPercent }) => cpuPercent?.highest ?? null,
                () => null,
              ),
            ),
          ],
          true,
        )}
        {draw(
          words.memory,
          last?.memory_percent,
          percent,
          [
            line(
              words.memory,
              'accent',
              joined(
                ({ memoryPercent }) => memoryPercent.average,
                ({ memory_percent }) => memory_percent,
              ),
            ),
            line(
              words.swap,
              'warn',
              joined(
                ({ swapPercent }) => swapPercent.average,
                ({ swap_percent }) => swap_percent,
              ),
            ),
          ],
          true,
        )}
        {draw(words.load, last?.load, figure, [
          line(
            words.average,
            'accent',
            joined(
              ({ load }) => load.average,
              ({ load }) => load,
            ),
          ),
          line(
            words.highest,
            'warn',
            joined(
              ({ load }) => load.highest,
              () => null,
            ),
          ),
        ])}
        <Network vitals={vitals} />
      </div>
      {past.coveredPercent < 90 && <p class="note">{words.covered(past.coveredPercent)}</p>}
    </>
  )
}

function Network({ vitals }: { readonly vitals: readonly Vitals[] }) {
  const last = vitals.at(-1)
  const format = (value: number) => words.perSecond(bytes(value))
  return (
    <Figure
      name={words.network}
      at={vitals.map(({ at }) => seconds(at))}
      lines={[
        line(
          words.received,
          'accent',
          vitals.map(({ received_per_s }) => received_per_s),
        ),
        line(
          words.sent,
          'warn',
          vitals.map(({ sent_per_s }) => sent_per_s),
        ),
      ]}
      format={format}
      range={words.networkLead}
      now={last?.received_per_s == null ? words.noNow : words.now(format(last.received_per_s))}
    />
  )
}

function Figure(props: {
  readonly name: string
  readonly now: string
  readonly range: string
  readonly at: readonly number[]
  readonly lines: readonly Line[]
  readonly format: (value: number) => string
  readonly ends?: readonly [number, number]
}) {
  const { name, now, range, at, lines, format, ends } = props
  return (
    <figure class="plot-figure">
      <figcaption>
        <span class="plot-name">{name}</span>
        <span class="plot-now">{now}</span>
        <span class="plot-key" aria-hidden="true">
          {lines.map(({ name: of, colour }) => (
            <span key={of} class={`key ${colour}`}>
              {of}
            </span>
          ))}
        </span>
      </figcaption>
      <Plot
        label={words.plotLabel(name, now, range)}
        at={at}
        lines={lines}
        format={format}
        {...(ends === undefined ? {} : { range: ends })}
      />
    </figure>
  )
}

function line(name: string, colour: string, values: readonly (number | null)[]): Line {
  return { name, colour, values }
}

function seconds(timestamp: string): number {
  return Date.parse(timestamp) / 1000
}
