import { type Token, tokensOf } from './tokens.ts'

/** A rule taken apart, so that it can be said in words. */
export interface RuleParts {
  readonly effect: 'permit' | 'forbid'
  readonly principal: Head
  readonly action: Head
  readonly resource: Head
  readonly conditions: readonly Condition[]
}

/** What one of the three in a rule's head has to be. `other`: it says something that has no words here. */
export type Head =
  | { readonly kind: 'any' }
  | { readonly kind: 'is'; readonly type: string }
  | { readonly kind: 'one' | 'within'; readonly type: string; readonly id: string }
  | { readonly kind: 'among'; readonly ids: readonly string[] }
  | { readonly kind: 'other'; readonly text: string }

/** `when` or `unless`, and what has to hold: all of it. */
export interface Condition {
  readonly kind: 'when' | 'unless'
  readonly clauses: readonly string[]
}

/** The first rule in a text; null where there is none that could be read. */
export function readRule(text: string): RuleParts | null {
  const tokens = tokensOf(text).filter(({ kind }) => kind !== 'space' && kind !== 'comment')
  const start = tokens.findIndex(
    ({ kind, text: word }) => kind === 'keyword' && (word === 'permit' || word === 'forbid'),
  )
  const effect = tokens[start]
  if (effect === undefined || tokens[start + 1]?.text !== '(') return null
  const end = closing(tokens, start + 1)
  const heads = split(tokens.slice(start + 2, end), ',')
  const [principal, action, resource] = heads
  if (heads.length !== 3 || principal === undefined || action === undefined || resource === undefined) return null
  return {
    effect: effect.text as RuleParts['effect'],
    principal: headOf(principal, text),
    action: headOf(action, text),
    resource: headOf(resource, text),
    conditions: conditionsIn(tokens, end + 1, text),
  }
}

function headOf(tokens: readonly Token[], text: string): Head {
  const words = tokens.map((token) => token.text)
  const [, how, type = '', colons, id] = words
  if (words.length === 1) return { kind: 'any' }
  if (how === 'is' && words.length === 3) return { kind: 'is', type }
  if ((how === '==' || how === 'in') && colons === '::' && words.length === 5) {
    return { kind: how === '==' ? 'one' : 'within', type, id: said(id) }
  }
  // `is Path in Path::"/srv"`
  if (how === 'is' && colons === 'in' && words.length === 7) return { kind: 'within', type, id: said(words[6]) }
  if (how === 'in' && type === '[') {
    return { kind: 'among', ids: tokens.filter(({ kind }) => kind === 'text').map((token) => said(token.text)) }
  }
  return { kind: 'other', text: sourceOf(tokens, text) }
}

/** The text that a literal stands for. */
function said(literal = '""'): string {
  try {
    return JSON.parse(literal) as string
  } catch {
    return literal.slice(1, -1)
  }
}

function conditionsIn(tokens: readonly Token[], from: number, text: string): Condition[] {
  const conditions: Condition[] = []
  for (let at = from; at < tokens.length; at += 1) {
    const kind = tokens[at]?.text
    if ((kind !== 'when' && kind !== 'unless') || tokens[at + 1]?.text !== '{') continue
    const end = closing(tokens, at + 1)
    const clauses = split(tokens.slice(at + 2, end), '&&').map((clause) => sourceOf(clause, text))
    conditions.push({ kind, clauses })
    at = end
  }
  return conditions
}

/** Where the bracket that opens at `open` closes; the end where it never does. */
function closing(tokens: readonly Token[], open: number): number {
  let depth = 0
  for (let at = open; at < tokens.length; at += 1) {
    depth += depthOf(tokens[at])
    if (depth === 0) return at
  }
  return tokens.length
}

/** Parts between separators that stand in no bracket. */
function split(tokens: readonly Token[], separator: string): Token[][] {
  const parts: Token[][] = [[]]
  let depth = 0
  for (const token of tokens) {
    depth += depthOf(token)
    if (depth === 0 && token.kind === 'sign' && token.text === separator) parts.push([])
    else parts.at(-1)?.push(token)
  }
  return parts
}

function depthOf(token: Token | undefined): number {
  if (token?.kind !== 'sign') return 0
  return '([{'.includes(token.text) ? 1 : ')]}'.includes(token.text) ? -1 : 0
}

function sourceOf(tokens: readonly Token[], text: string): string {
  const [first, last] = [tokens[0], tokens.at(-1)]
  if (first === undefined || last === undefined) return ''
  return text.slice(first.at, last.at + last.text.length).replaceAll(/\s+/g, ' ')
}
