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
  readonly pick: (mark: Mark) => void
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
            {shown
              .filter((mark) => mark.lane === lane)
              .map((mark) => (
                <button
                  key={mark.id}
                  type="button"
                  class={`event ${mark.tone}`}
                  style={{ left: share(mark.at) }}
                  title={`${mark.title}, ${exactTime(mark.at)}`}
                  aria-pressed={mark.id === chosen}
                  onClick={() => pick(mark)}
                >
                  <span class="unseen">{`${mark.title}, ${exactTime(mark.at)}`}</span>
                </button>
              ))}
          </div>
        ))}
      </div>
    </section>
  )
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
