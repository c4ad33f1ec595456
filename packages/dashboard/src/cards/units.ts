const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] as const

/** Three figures that matter, e.g. `41.2`, `7.00` → `7`. */
function figures(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2
  return String(Number(value.toFixed(digits)))
}

/** Bytes in the largest binary unit (IEC 80000-13) that leaves at least 1: `43.1 GiB`. */
export function bytes(value: number): string {
  let size = value
  let unit = 0
  while (Math.abs(size) >= 1024 && unit < BINARY.length - 1) {
    size /= 1024
    unit += 1
  }
  return `${figures(size)} ${BINARY[unit]}`
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
