/** Something that left: when, where to, and how many bytes of it. */
export interface Sent {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly host: string
  readonly bytes: number
}

export interface HostTotal {
  readonly host: string
  readonly bytes: number
  readonly requests: number
  /** Of each day. */
  readonly days: readonly number[]
}

export interface Totals {
  /** Midnight of each day by this browser's clock, oldest first. */
  readonly days: readonly number[]
  /** The hosts that were sent most, most first; where there are more, the rest is one under the name null. */
  readonly hosts: readonly (Omit<HostTotal, 'host'> & { readonly host: string | null })[]
}

/** Hosts with a colour of their own. */
const MOST_HOSTS = 4

/** What left in the last days, by day and host. */
export function totalsOf(sent: readonly Sent[], days: number, now: number): Totals {
  const starts = daysUntil(now, days)
  const byHost = new Map<string, { bytes: number; requests: number; days: number[] }>()
  for (const { at, host, bytes } of sent) {
    const day = starts.findLastIndex((start) => start <= at)
    if (day === -1) continue
    const total = byHost.get(host) ?? { bytes: 0, requests: 0, days: starts.map(() => 0) }
    total.bytes += bytes
    total.requests += 1
    total.days[day] = (total.days[day] ?? 0) + bytes
    byHost.set(host, total)
  }
  const hosts = [...byHost]
    .map(([host, total]) => ({ host, ...total }))
    .sort((a, b) => b.bytes - a.bytes || b.requests - a.requests || a.host.localeCompare(b.host))
  if (hosts.length <= MOST_HOSTS) return { days: starts, hosts }
  return { days: starts, hosts: [...hosts.slice(0, MOST_HOSTS - 1), together(hosts.slice(MOST_HOSTS - 1))] }
}

function together(hosts: readonly HostTotal[]): Omit<HostTotal, 'host'> & { readonly host: null } {
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
  return {
    host: null,
    bytes: sum(hosts.map(({ bytes }) => bytes)),
    requests: sum(hosts.map(({ requests }) => requests)),
    days: (hosts[0]?.days ?? []).map((_, day) => sum(hosts.map(({ days }) => days[day] ?? 0))),
  }
}

/** By the calendar: a day on which the clock is set is shorter or longer than others. */
function daysUntil(now: number, days: number): readonly number[] {
  const today = new Date(now)
  return Array.from({ length: days }, (_, position) => {
    return new Date(today.getFullYear(), today.getMonth(), today.getDate() - (days - 1 - position)).getTime()
  })
}
