import type { ComponentChildren } from 'preact'
import { usePage } from '../page.ts'
import { strings } from '../strings.ts'
import { exactTime, relativeTime, shortTime } from './time.ts'
import type { Value } from './value.ts'

export function ValueView({ value }: { readonly value: Value }) {
  switch (value.kind) {
    case 'none':
      return <span class="none">{strings.value.none}</span>
    case 'number':
      return <span class="number">{value.text}</span>
    case 'percent':
      return (
        <span class={`percent ${value.tone ?? ''}`}>
          <svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
            <rect class="bar-ground" width="100" height="8" />
            <rect class="bar-fill" width={value.percent} height="8" />
          </svg>
          <span class="number">{value.text}</span>
        </span>
      )
    case 'time':
      return <TimeView at={value.at} />
    case 'text':
      return <span class={`word ${value.tone ?? ''}`}>{breakable(value.text)}</span>
  }
}

/** A path may break after each slash, rather than in the middle of a name. */
function breakable(text: string): ComponentChildren {
  const [first = '', ...rest] = text.split('/')
  return [first, ...rest.flatMap((part, position) => ['/', <wbr key={position} />, part])]
}

function TimeView({ at }: { readonly at: number }) {
  const { clock } = usePage()
  return (
    <time dateTime={new Date(at).toISOString()} title={exactTime(at)}>
      {shortTime(at, clock.value)} <span class="relative">{relativeTime(at, clock.value)}</span>
    </time>
  )
}
