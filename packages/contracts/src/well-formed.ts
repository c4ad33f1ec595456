/**
 * The same JSON value with U+FFFD for each half of a surrogate pair, in texts and in names; the value itself where there
 * is none. Cutting a text leaves halves, and RFC 8785 has no form for them: what is hashed or recorded must have none.
 */
export function wellFormed<T>(value: T): T {
  return repaired(value) as T
}

function repaired(value: unknown): unknown {
  if (typeof value === 'string') return value.isWellFormed() ? value : value.toWellFormed()
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    const items = value.map(repaired)
    return items.some((item, place) => item !== value[place]) ? items : value
  }
  const fields = Object.entries(value).map(([name, field]) => [repaired(name), repaired(field), name, field] as const)
  if (fields.every(([name, field, before, content]) => name === before && field === content)) return value
  return Object.fromEntries(fields.map(([name, field]) => [name, field]))
}
