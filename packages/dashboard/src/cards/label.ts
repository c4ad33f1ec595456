const ABBREVIATIONS = new Set(['id', 'pid', 'uid', 'gid', 'os', 'cpu', 'ip', 'url', 'tcp', 'udp', 'tls', 'sha256'])
/** Units that the value itself shows once it is formatted. */
const UNIT = /(?<=[a-z0-9])(Bytes|At|Ms|Seconds)$/

/** A field's name for people: `mountPoint` → `Mount point`, `usedBytes` → `Used`, `usedPercent` → `Used %`. */
export function label(field: string): string {
  const words = field
    .replace(UNIT, '')
    .replace(/(?<=[a-z0-9])Percent$/, ' %')
    .replaceAll('_', ' ')
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .trim()
    .split(/\s+/)
    .map((word) => (ABBREVIATIONS.has(word.toLowerCase()) ? word.toUpperCase() : word.toLowerCase()))
  const text = words.join(' ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}
