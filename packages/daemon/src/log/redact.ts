const secretKey = /(?:token|secret|authorization|cookie|password|passphrase|credential|api[-_]?key|private[-_]?key)$/i
/** Keys that end like a secret's and hold none. */
const harmlessKey = /^(?:max|prompt|output|context|input)_?tokens?$/i
const secretText = /\b(?:cst_[A-Za-z0-9_-]{8,}|(?:Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,})/g

const REDACTED = '[redacted]'
const MAX_DEPTH = 8

/** Whether a value under this key is withheld from logs whatever it is. File paths under keys like `tokenFile` stay. */
export function isSecretKey(key: string): boolean {
  return secretKey.test(key) && !harmlessKey.test(key)
}

/** The text with every Castellan token and every bearer or basic credential replaced. */
export function redactText(text: string): string {
  return text.replace(secretText, REDACTED)
}

/** A copy of a value that is about to be logged, with what sits under secret keys replaced, at any depth up to eight. */
export function redactKeys(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Error) return value
  if (depth >= MAX_DEPTH) return '[too deep to log]'
  if (Array.isArray(value)) return value.map((item) => redactKeys(item, depth + 1))
  if ('toJSON' in value && typeof value.toJSON === 'function') return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, isSecretKey(key) ? REDACTED : redactKeys(item, depth + 1)]),
  )
}
