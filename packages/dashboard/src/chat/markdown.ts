import { lexer, type Token, type Tokens } from 'marked'

export type Block = Token

/** Splits an answer into its blocks (GitHub-flavoured Markdown, line breaks kept). While it streams only the last one changes. */
export function readMarkdown(text: string): readonly Block[] {
  return lexer(text, { gfm: true, breaks: true }).filter((token) => token.type !== 'space')
}

/** Schemes a link may have; everything else stays text. */
const SAFE_SCHEMES: readonly string[] = ['http:', 'https:', 'mailto:']

/** The address a link leads to, as it will be shown; null when it must not be followed. */
export function safeTarget(href: string): string | null {
  try {
    const url = new URL(href)
    return SAFE_SCHEMES.includes(url.protocol) ? url.href : null
  } catch {
    // Relative addresses would lead into this page, which has no other places to go.
    return null
  }
}

/** Whether the text of a link already says where it leads. */
export function saysTarget({ text, href }: Pick<Tokens.Link, 'text' | 'href'>): boolean {
  const bare = (address: string) => address.replace(/^(https?:\/\/|mailto:)/, '').replace(/\/$/, '')
  return bare(text) === bare(href)
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0' }

/** Character references as Markdown allows them in text; the result is only ever used as text. */
export function decodeEntities(text: string): string {
  return text.replaceAll(
    /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(amp|lt|gt|quot|apos|nbsp));/gi,
    (whole, decimal, hex, name) => {
      if (name !== undefined) return ENTITIES[String(name).toLowerCase()] ?? whole
      const code = decimal === undefined ? Number.parseInt(hex, 16) : Number.parseInt(decimal, 10)
      return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd'
    },
  )
}
