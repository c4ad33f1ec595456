import { bytes } from '../cards/units.ts'
import { insights as words } from '../strings/insights.ts'
import type { Totals } from './totals.ts'

const DATE = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })

/** Bytes out, a bar for each day and a colour for each host; the list beneath says the same in words. */
export function DayBars({ totals: { days, hosts } }: { readonly totals: Totals }) {
  const sums = days.map((_, day) => hosts.reduce((sum, host) => sum + (host.days[day] ?? 0), 0))
  const highest = Math.max(1, ...sums)
  const all = sums.reduce((sum, value) => sum + value, 0)
  return (
    <>
      <div class="day-bars">
        <span class="day-top">{bytes(highest)}</span>
        <div class="day-columns" role="img" aria-label={words.out.plot(bytes(all), days.length, hosts.length)}>
          {days.map((start, day) => (
            <span key={start} class="day-column" title={words.out.day(DATE.format(start), bytes(sums[day] ?? 0))}>
              {hosts.map(({ host, days: of }, position) => {
                const share = (100 * (of[day] ?? 0)) / highest
                return share === 0 ? null : (
                  <span key={host} class={`day-part host-${position}`} style={{ height: `${share}%` }} />
                )
              })}
            </span>
          ))}
        </div>
        <div class="day-ends" aria-hidden="true">
          <span>{DATE.format(days[0])}</span>
          <span>{words.out.today}</span>
        </div>
      </div>
      <ul class="host-list">
        {hosts.map(({ host, bytes: sent, requests }, position) => (
          <li key={host}>
            <span class={`host-mark host-${position}`} aria-hidden="true" />
            <span class="host-name">{host ?? words.out.others}</span>
            <span class="host-sum">{words.out.sum(bytes(sent), requests)}</span>
          </li>
        ))}
      </ul>
    </>
  )
}
