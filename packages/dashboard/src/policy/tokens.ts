/** What a piece of Cedar is, as far as its look is concerned. */
export type TokenKind = 'space' | 'comment' | 'text' | 'annotation' | 'keyword' | 'type' | 'name' | 'number' | 'sign'

export interface Token {
  readonly kind: TokenKind
  readonly text: string
  /** Where it begins, in UTF-16 code units from 0. */
  readonly at: number
}

const KEYWORDS = new Set([
  'permit',
  'forbid',
  'when',
  'unless',
  'in',
  'is',
  'has',
  'like',
  'if',
  'then',
  'else',
  'true',
  'false',
])

/** Each alternative takes at least one character, and the last takes any: nothing is lost and nothing is read twice. */
const PIECE =
  /(?<space>\s+)|(?<comment>\/\/[^\n]*)|(?<text>"(?:[^"\\\n]|\\.)*"?)|(?<annotation>@[A-Za-z_]\w*)|(?<word>[A-Za-z_]\w*)|(?<number>\d+)|(?<sign>::|==|!=|<=|>=|&&|\|\||[\s\S])/gu

/** A text in Cedar, in pieces; together they are the text. What makes no sense is a sign. */
export function tokensOf(text: string): Token[] {
  return [...text.matchAll(PIECE)].map(({ 0: piece, index: at, groups = {} }) => ({
    kind: kindOf(piece, groups),
    text: piece,
    at,
  }))
}

function kindOf(piece: string, groups: Readonly<Record<string, string | undefined>>): TokenKind {
  for (const kind of ['space', 'comment', 'text', 'annotation', 'number'] as const) {
    if (groups[kind] !== undefined) return kind
  }
  if (groups.word === undefined) return 'sign'
  if (KEYWORDS.has(piece)) return 'keyword'
  return /^[A-Z]/.test(piece) ? 'type' : 'name'
}
