const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  ndash: '–',
  mdash: '—',
  hellip: '…',
  copy: '©',
  laquo: '«',
  raquo: '»',
}
/** What people do not read. */
const UNSEEN = ['script', 'style', 'noscript', 'template', 'svg', 'head', 'iframe', 'object']
/** What ends a line. */
const BLOCKS =
  /^\/?(?:p|div|section|article|header|footer|main|nav|aside|h[1-6]|li|ul|ol|tr|table|pre|blockquote|br|hr|dt|dd|form|figure)$/

/** The text of a page as people read it, one block a line; takes linear time, whatever the page is. */
export function textOfHtml(html: string): string {
  const pieces: string[] = []
  for (let at = 0; at < html.length; ) {
    const tag = html.indexOf('<', at)
    pieces.push(html.slice(at, tag === -1 ? html.length : tag))
    if (tag === -1) break
    const { next, piece } = skipTag(html, tag)
    pieces.push(piece)
    at = next
  }
  return decodeEntities(pieces.join(''))
    .replace(/[\t\f\v\r ]+/g, ' ')
    .replace(/ ?\n ?/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim()
}

/** The title of a page; null where it has none. */
export function titleOfHtml(html: string): string | null {
  const begin = html.slice(0, 262_144).search(/<title[\s>]/i)
  if (begin === -1) return null
  const from = html.indexOf('>', begin)
  const end = html.indexOf('<', from)
  if (from === -1 || end === -1) return null
  return (
    decodeEntities(html.slice(from + 1, Math.min(end, from + 2000)))
      .replace(/\s+/g, ' ')
      .trim() || null
  )
}

function skipTag(html: string, tag: number): { readonly next: number; readonly piece: string } {
  if (html.startsWith('<!--', tag)) {
    const end = html.indexOf('-->', tag + 4)
    return { next: end === -1 ? html.length : end + 3, piece: '' }
  }
  const [, name = ''] = /^<(\/?[a-zA-Z][a-zA-Z0-9]{0,20})/.exec(html.slice(tag, tag + 24)) ?? []
  // A lone `<` is a sign like any other.
  if (name === '' && html[tag + 1] !== '!' && html[tag + 1] !== '?') return { next: tag + 1, piece: '<' }
  const end = html.indexOf('>', tag)
  if (end === -1) return { next: html.length, piece: '' }
  const lower = name.toLowerCase()
  if (UNSEEN.includes(lower)) {
    const rest = html.slice(end + 1).search(new RegExp(`</${lower}[\\s>]`, 'i'))
    return { next: rest === -1 ? html.length : end + 1 + rest, piece: ' ' }
  }
  return { next: end + 1, piece: BLOCKS.test(lower) ? '\n' : '' }
}

function decodeEntities(text: string): string {
  return text.replace(
    /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,8}));/gi,
    (whole, decimal?: string, hex?: string, name?: string) => {
      if (name !== undefined) return ENTITIES[name.toLowerCase()] ?? whole
      const code = decimal === undefined ? Number.parseInt(hex ?? '0', 16) : Number(decimal)
      return code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code < 0xe000) ? String.fromCodePoint(code) : ' '
    },
  )
}
