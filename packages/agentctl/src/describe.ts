import { printable } from './terminal.ts'

/** `123 B`, `4.5 KB`, `22 GB`: decimal units, as disks are sold. */
export function bytes(count: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB', 'PB']
  let value = count
  let unit = 0
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000
    unit += 1
  }
  return `${value >= 100 || unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}

/** Arguments on one line, as they would be typed after `agentctl call NAME`. */
export function compactJson(value: unknown, width = 100): string {
  const text = printable(JSON.stringify(value) ?? '')
  return text.length > width ? `${text.slice(0, width - 1)}…` : text
}

/** Local time to the second, `2026-11-21 04:05:06`. */
export function localTime(time: string | number): string {
  const date = new Date(time)
  const two = (value: number) => String(value).padStart(2, '0')
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-')
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}

/** `3 minutes`, `2 hours`: for people, rounded down. */
export function duration(seconds: number): string {
  const steps: [number, string][] = [
    [86_400, 'day'],
    [3600, 'hour'],
    [60, 'minute'],
  ]
  for (const [size, name] of steps) {
    if (seconds >= size) return plural(Math.floor(seconds / size), name)
  }
  return plural(Math.max(0, Math.floor(seconds)), 'second')
}

/** `1 thread`, `4 threads`. */
export function plural(count: number, name: string): string {
  return `${count} ${name}${count === 1 ? '' : 's'}`
}
