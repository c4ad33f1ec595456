/** Long texts are looked at in pieces, so that others have their turn. They overlap by more than the longest thing that is looked for. */
const SIZE = 160 * 1024
const OVERLAP = 36 * 1024
/** How far a piece may begin earlier, to begin with a word. */
const MAX_BACK = 1024
/** What ends this far into a piece was whole in the one before. */
const KNOWN = 8 * 1024

export interface Window {
  readonly text: string
  /** Where it begins in the whole text. */
  readonly start: number
  /** What ends before this place of it was seen already. */
  readonly from: number
}

export function* windowsOf(text: string): Generator<Window, void, void> {
  if (text.length <= SIZE + OVERLAP) return yield { text, start: 0, from: 0 }
  for (let start = 0; start < text.length; ) {
    const end = Math.min(text.length, start + SIZE)
    yield { text: text.slice(start, end), start, from: start === 0 ? 0 : KNOWN }
    if (end === text.length) return
    const next = end - OVERLAP
    const near = text.slice(next - MAX_BACK, next)
    const space = Math.max(near.lastIndexOf(' '), near.lastIndexOf('\n'), near.lastIndexOf('"'))
    start = space === -1 ? next : next - MAX_BACK + space + 1
  }
}
