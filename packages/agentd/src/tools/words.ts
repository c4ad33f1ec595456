/** Pieces of the sentences that summaries are made of. English, sizes in powers of ten as disks are sold. */

const sizeUnits = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']

/** `0 B`, `512 B`, `1.2 kB`, `22 GB`: two or three digits that matter. */
export function size(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < sizeUnits.length - 1) {
    value /= 1000
    unit += 1
  }
  const digits = unit === 0 || value >= 9.95 ? Math.round(value).toString() : value.toFixed(1).replace(/\.0$/, '')
  return `${digits} ${sizeUnits[unit]}`
}

/** `22 %`; a little is never called nothing, nor nearly all everything. */
export function percent(part: number, whole: number): string {
  if (whole <= 0) return '0 %'
  const share = (part / whole) * 100
  if (share > 0 && share < 1) return 'under 1 %'
  if (share < 100 && share >= 99.5) return '99 %'
  return `${Math.round(share)} %`
}

/** `1 file`, `2 files`, `no files`. */
export function count(number: number, singular: string, plural = `${singular}s`): string {
  return `${number === 0 ? 'no' : number.toLocaleString('en')} ${number === 1 ? singular : plural}`
}

/** `a`, `a and b`, `a, b and c`; from the seventh on only how many more. */
export function list(items: readonly string[], most = 6): string {
  const shown = items.length > most ? [...items.slice(0, most - 1), `${items.length - most + 1} more`] : [...items]
  const last = shown.pop()
  if (last === undefined) return ''
  return shown.length === 0 ? last : `${shown.join(', ')} and ${last}`
}

/** `45 seconds`, `12 minutes`, `3 hours`, `2 days 4 hours`: the two largest parts. */
export function duration(seconds: number): string {
  const parts: string[] = []
  let rest = Math.max(0, Math.floor(seconds))
  for (const [name, length] of [
    ['day', 86_400],
    ['hour', 3600],
    ['minute', 60],
    ['second', 1],
  ] as const) {
    const amount = Math.floor(rest / length)
    rest -= amount * length
    if (amount > 0) parts.push(count(amount, name))
    else if (parts.length > 0) break
  }
  return parts.slice(0, 2).join(' ') || 'no time'
}

/** `2026-11-21 09:30 UTC`. */
export function moment(at: Date | string): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

/** For a list of which `counted` (`3 files`) are left out, so that none is shown. */
export function allLeftOut(counted: string): string {
  return `The offset leaves out all there are (${counted}).`
}

/** First letter in upper case, for a sentence that begins with a piece. */
export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** One line of at most `most` characters. */
export function oneLine(text: string, most = 160): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length > most ? `${line.slice(0, most - 1)}…` : line
}
