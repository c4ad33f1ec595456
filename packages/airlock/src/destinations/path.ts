/** How often a path is decoded to see what a server behind another server might make of it. */
const ROUNDS = 4

/**
 * Whether a URL's path (as the WHATWG parser writes it) is `prefix` or below it, for every reader: a path that would be another
 * one once decoded, or that hides steps up from simple readers, is below nothing but `/`.
 */
export function isBelow(prefix: string, path: string): boolean {
  const base = prefix.endsWith('/') ? prefix.slice(0, -1) : prefix
  if (base === '') return true
  if (isAmbiguous(path)) return false
  return path === base || path.startsWith(`${base}/`)
}

/** Steps up, separators and ends that show only after decoding, backslashes, and `..;` (path parameters, RFC 3986, section 3.3). */
function isAmbiguous(path: string): boolean {
  let text = path
  for (let round = 0; round < ROUNDS; round++) {
    if (/[\\\0\r\n?#]/.test(text)) return true
    if (text.split('/').some((part) => /^\.\.?(;|$)/.test(part))) return true
    // A separator that was hidden makes other parts of the path.
    if (/%(2f|5c)/i.test(text)) return true
    const decoded = text.replace(/%[0-9a-f]{2}/gi, (triplet) =>
      String.fromCharCode(Number.parseInt(triplet.slice(1), 16)),
    )
    if (decoded === text) return false
    text = decoded
  }
  return true
}
