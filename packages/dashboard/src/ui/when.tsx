import { exactTime, relativeTime } from '../cards/time.ts'
import { usePage } from '../page.ts'

/** A moment, in milliseconds since 1970 or as a timestamp: in words, or to the second, as the reader prefers. The other is its title. */
export function When({ at }: { readonly at: number | string }) {
  const { clock, timeStyle } = usePage()
  const moment = typeof at === 'number' ? at : Date.parse(at)
  if (Number.isNaN(moment)) return <>{at}</>
  const exact = exactTime(moment)
  const exactly = timeStyle.style.value === 'exact'
  return (
    <time dateTime={new Date(moment).toISOString()} title={exactly ? relativeTime(moment, clock.peek()) : exact}>
      {exactly ? exact : relativeTime(moment, clock.value)}
    </time>
  )
}
