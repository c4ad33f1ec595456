/**
 * Whether a name fits a pattern of `*` (anything), `?` (one character) and themselves. Takes at most name × pattern
 * steps whatever the two are: one star is gone back to, never two.
 */
export function fitsGlob(name: string, pattern: string): boolean {
  const characters = [...name]
  const wanted = [...pattern]
  let at = 0
  let want = 0
  let star = -1
  let resumeAt = 0
  while (at < characters.length) {
    if (wanted[want] === '*') {
      star = want
      resumeAt = at
      want += 1
    } else if (want < wanted.length && (wanted[want] === '?' || wanted[want] === characters[at])) {
      at += 1
      want += 1
    } else if (star >= 0) {
      resumeAt += 1
      at = resumeAt
      want = star + 1
    } else return false
  }
  while (wanted[want] === '*') want += 1
  return want === wanted.length
}
