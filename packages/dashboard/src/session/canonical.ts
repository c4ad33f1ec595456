/**
 * RFC 8785 canonical JSON of a value that came out of `JSON.parse`: keys in UTF-16 order, numbers and strings as
 * ECMAScript prints them. The same as `canonicalJson` of the contracts, which the page does not load at run time.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonicalJson(field)}`).join(',')}}`
}
