const SIZES = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'] as const

/** Two or three figures that matter: `41`, `4.1`. */
function figures(value: number): string {
  return Math.abs(value) >= 9.95 ? String(Math.round(value)) : String(Number(value.toFixed(1)))
}

/** Bytes in powers of ten, as disks are sold and as the tools' own summaries say them: `22 GB`, `1.2 kB`. */
export function bytes(value: number): string {
  let size = value
  let unit = 0
  while (Math.abs(size) >= 999.5 && unit < SIZES.length - 1) {
    size /= 1000
    unit += 1
  }
  return `${figures(size)} ${SIZES[unit]}`
}

/** A span of time in its two largest units: `3 d 4 h`, `1 min 5 s`, `0.25 s`, `12 ms`. */
export function duration(milliseconds: number): string {
  if (milliseconds < 0) return `−${duration(-milliseconds)}`
  if (milliseconds < 1000) return `${figures(milliseconds)} ms`
  if (milliseconds < 60_000) return `${figures(milliseconds / 1000)} s`
  const seconds = Math.floor(milliseconds / 1000)
  const parts: readonly (readonly [number, string])[] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor((seconds % 86_400) / 3600), 'h'],
    [Math.floor((seconds % 3600) / 60), 'min'],
    [seconds % 60, 's'],
  ]
  const first = parts.findIndex(([amount]) => amount > 0)
  const shown = parts.slice(first, first + 2).filter(([amount]) => amount > 0)
  return shown.map(([amount, unit]) => `${amount} ${unit}`).join(' ')
}

/** A number as it stands: no grouping, as ports and process ids are numbers too; at most two decimals. */
export function plainNumber(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toFixed(2)))
}
