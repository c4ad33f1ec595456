import type { Args } from './explicit.ts'
import type { Wants } from './wants.ts'

const ITEM = '[\\w./~@+-]*[\\w/]'
const BETWEEN = '(?:\\s*,\\s*(?:and\\s+)?|\\s+and\\s+|\\s*&\\s*|\\s+plus\\s+)'
const SEQUENCE = new RegExp(`${ITEM}(?:${BETWEEN}${ITEM})+`, 'g')
const TOOL_NAME = /(?<![\w-])[a-z]+(?:_[a-z]+)+(?![\w-])/g

/** Lists whole: the model marks one place of a request, and people say "a, b and c". */
export function explicitLists(args: Args, plain: string, wants: Wants): Args {
  const found: Args = {}
  if (wants.takesList('tools')) {
    const tools = [...new Set(plain.match(TOOL_NAME) ?? [])]
    if (tools.length > 0) found.tools = tools
  }
  for (const argument of ['paths', 'inputs', 'tags']) {
    const items = asList(args[argument])
    if (wants.takesList(argument) && items !== undefined) found[argument] = sequenceWith(items, plain)
  }
  return found
}

function asList(value: unknown): readonly string[] | undefined {
  if (typeof value === 'string') return [value]
  return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined
}

/** The enumeration of the request that has one of the items, as far as its parts are of one kind with it. */
function sequenceWith(items: readonly string[], plain: string): readonly string[] {
  for (const match of plain.matchAll(SEQUENCE)) {
    const parts = match[0].split(new RegExp(BETWEEN))
    const known = parts.find((part) => items.includes(part))
    if (known === undefined || parts.length <= items.length) continue
    const before = plain.slice(0, match.index)
    // Ordinary words are only a list after a word that announces one: "nixpkgs and rebuild" is none.
    const announced = /\b(?:tags|inputs|paths|folders|files)(?: called| named|:)?\s+$/i.test(before)
    const alike = parts.filter((part) => kindOf(part) === kindOf(known))
    if (kindOf(known) !== 'word' || announced) return announced ? parts : alike
  }
  return items
}

function kindOf(item: string): 'path' | 'name' | 'word' {
  if (/^[~./]|\//.test(item)) return 'path'
  return /[-_.\d]/.test(item) ? 'name' : 'word'
}
