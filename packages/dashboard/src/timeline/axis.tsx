import { useRef } from 'preact/hooks'
import { exactTime } from '../cards/time.ts'
import { timeline as words } from '../strings/timeline.ts'
import { LANES, type Mark } from './events.ts'
import { moved, ticks, type Window, zoomed } from './window.ts'

export interface AxisProps {
  readonly window: Window
  readonly marks: readonly Mark[]
  readonly chosen: string | null
  readonly move: (window: Window) => void
  readonly pick: (marks: readonly Mark[]) => void
}

/** All that happened on one axis, a lane for each kind. Wheel and keys zoom and move it. */
export function Axis({ window, marks, chosen, move, pick }: AxisProps) {
  const place = useRef<HTMLDivElement>(null)
  const { from, to } = window
  const share = (at: number) => `${((at - from) / (to - from)) * 100}%`
  const shown = marks.filter(({ at }) => at >= from && at <= to)
  const keys = (event: KeyboardEvent) => {
    const next = keyed(event.key, window)
    if (next === null) return
    event.preventDefault()
    move(next)
  }
  const wheel = (event: WheelEvent) => {
    if (!event.ctrlKey && Math.abs(event.deltaX) < Math.abs(event.deltaY) && !event.shiftKey) return
    event.preventDefault()
    const box = place.current?.getBoundingClientRect()
    if (box === undefined) return
    const about = from + ((event.clientX - box.left) / box.width) * (to - from)
    if (event.ctrlKey) move(zoomed(window, event.deltaY > 0 ? 1.25 : 0.8, about))
    else move(moved(window, (event.deltaX || event.deltaY) / 1000, Date.now()))
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: WCAG 2.1.1; its keys move and zoom what it shows
    <section class="axis" aria-label={words.axis} tabIndex={0} onKeyDown={keys} onWheel={wheel}>
      <div class="axis-lanes" ref={place}>
        {ticks(window).map((at) => (
          <span key={at} class="tick" style={{ left: share(at) }} aria-hidden="true">
            {tickWords(at, window)}
          </span>
        ))}
        {LANES.map((lane) => (
          <div key={lane} class="lane">
            <span class="lane-name">{words.lanes[lane]}</span>
            {clusters(
              shown.filter((mark) => mark.lane === lane),
              window,
            ).map((marks) => (
              <Event
                key={marks[0]?.id}
                marks={marks}
                left={share(marks[0]?.at ?? 0)}
                chosen={marks.some(({ id }) => id === chosen)}
                pick={pick}
              />
            ))}
          </div>
        ))}
      </div>
    </section>
  )
}

interface EventProps {
  readonly marks: readonly Mark[]
  readonly left: string
  readonly chosen: boolean
  readonly pick: (marks: readonly Mark[]) => void
}

/** One mark, or several that happened at about the same time. */
function Event({ marks, left, chosen, pick }: EventProps) {
  const [first] = marks
  if (first === undefined) return null
  const name = marks.length === 1 ? first.title : words.several(marks.length)
  const tone = marks.find((mark) => mark.tone === 'bad')?.tone ?? first.tone
  return (
    <button
      type="button"
      class={marks.length === 1 ? `event ${tone}` : `event many ${tone}`}
      style={{ left }}
      title={`${name}, ${exactTime(first.at)}`}
      aria-pressed={chosen}
      onClick={() => pick(marks)}
    >
      {marks.length > 1 && <span aria-hidden="true">{marks.length > 99 ? '99+' : marks.length}</span>}
      <span class="unseen">{`${name}, ${exactTime(first.at)}`}</span>
    </button>
  )
}

/** Marks nearer to each other than this, as a share of the axis, would lie on each other. */
const NEAR = 0.04

/** Marks of one lane, those that would hide each other together. */
function clusters(marks: readonly Mark[], { from, to }: Window): readonly (readonly Mark[])[] {
  const found: Mark[][] = []
  for (const mark of marks) {
    const last = found.at(-1)
    if (last?.[0] !== undefined && mark.at - last[0].at < (to - from) * NEAR) last.push(mark)
    else found.push([mark])
  }
  return found
}

function keyed(key: string, window: Window): Window | null {
  if (key === 'ArrowLeft') return moved(window, -0.2, Date.now())
  if (key === 'ArrowRight') return moved(window, 0.2, Date.now())
  if (key === '+' || key === '=') return zoomed(window, 0.5)
  return key === '-' ? zoomed(window, 2) : null
}

function tickWords(at: number, { from, to }: Window): string {
  const style: Intl.DateTimeFormatOptions =
    to - from > 3 * 86_400_000 ? { day: 'numeric', month: 'short' } : { hour: '2-digit', minute: '2-digit' }
  return new Intl.DateTimeFormat('en-GB', style).format(at)
}
