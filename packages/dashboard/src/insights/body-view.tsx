import { useComputed, useSignal } from '@preact/signals'
import { argumentText } from '../cards/argument-text.ts'
import { bytes } from '../cards/units.ts'
import { insights as words } from '../strings/insights.ts'
import { ScrollRegion } from '../theme/scroll-region.tsx'
import { CopyButton } from '../ui/copy-button.tsx'
import { eventsOf, hexOf, MAX_DRAWN, prettyJson, type StreamEvent } from './body.ts'

/** Events that are drawn at once. */
const MOST_EVENTS = 300

export interface BodyViewProps {
  /** What it is: `What was sent`. */
  readonly label: string
  readonly body: string
  readonly contentType: string
}

type Way = 'pretty' | 'events' | 'raw' | 'hex'

/** A body in the ways one may want to read it: by its structure, event by event, as it travelled, byte by byte. */
export function BodyView({ label, body, contentType }: BodyViewProps) {
  const pretty = useComputed(() => prettyJson(body)).value
  const events = useComputed(() => eventsOf(body, contentType)).value
  const ways = [
    ...(events === null ? [] : ['events' as const]),
    ...(pretty === null ? [] : ['pretty' as const]),
    ...(['raw', 'hex'] as const),
  ]
  const chosen = useSignal<Way>(ways[0] ?? 'raw')
  if (body === '') return <p class="note">{words.body.empty}</p>
  return (
    <div class="body-view">
      <div class="body-ways">
        <fieldset class="segments" aria-label={words.body.ways(label)}>
          {ways.map((way) => (
            <button
              key={way}
              type="button"
              class="quiet"
              aria-pressed={way === chosen.value}
              onClick={() => {
                chosen.value = way
              }}
            >
              {words.body.way[way]}
            </button>
          ))}
        </fieldset>
        <CopyButton text={body} label={words.body.copy(label)} />
      </div>
      {chosen.value === 'events' && events !== null && <Events label={label} events={events} />}
      {chosen.value === 'pretty' && <Text label={label} text={pretty ?? body} />}
      {chosen.value === 'raw' && <Text label={label} text={body} />}
      {chosen.value === 'hex' && <Hex label={label} text={body} />}
    </div>
  )
}

function Text({ label, text }: { readonly label: string; readonly text: string }) {
  const left = text.length - MAX_DRAWN
  return (
    <>
      <ScrollRegion class="body-text scroll" label={label}>
        <pre>{argumentText(text.slice(0, MAX_DRAWN))}</pre>
      </ScrollRegion>
      {left > 0 && <p class="note">{words.body.longer(left)}</p>}
    </>
  )
}

function Hex({ label, text }: { readonly label: string; readonly text: string }) {
  const { lines, left } = hexOf(text)
  return (
    <>
      <ScrollRegion class="body-text hex scroll" label={label}>
        <pre>{lines}</pre>
      </ScrollRegion>
      {left > 0 && <p class="note">{words.body.moreBytes(bytes(left))}</p>}
    </>
  )
}

function Events({ label, events }: { readonly label: string; readonly events: readonly StreamEvent[] }) {
  const shown = events.slice(0, MOST_EVENTS)
  return (
    <>
      <ScrollRegion class="body-events scroll" label={label}>
        <ol>
          {shown.map(({ name, data }, position) => (
            <li key={position}>
              {name !== null && <span class="pill">{name}</span>}
              <pre>{argumentText(data.slice(0, MAX_DRAWN / 8))}</pre>
            </li>
          ))}
        </ol>
      </ScrollRegion>
      <p class="note">
        {words.body.events(events.length)} {events.length > shown.length && words.body.moreEvents(shown.length)}
      </p>
    </>
  )
}
