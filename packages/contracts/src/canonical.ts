import canonicalize from 'canonicalize'

/** RFC 8785 canonical JSON: the one byte sequence that stands for a value wherever it is hashed or signed. */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value)
  if (text === undefined) throw new TypeError('a value without a JSON form cannot be canonicalised')
  return text
}
