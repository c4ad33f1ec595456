import { PATH_LIKE, statedContent } from '../content.ts'
import { quotedParts } from '../values.ts'
import type { Args } from './explicit.ts'
import { withoutQuotes } from './quotes.ts'

const MAY_APPEND = /\b(?:add|end|bottom|tack|attach|stick|onto|on|also|another|more|too|extend|line)\b/i
const MAY_OVERWRITE =
  /\b(?:replac|instead|from scratch|fresh|everything|whole|entire|old|existing|wipe|start over|nothing (?:but|else)|only)/i

/** The words to write where the request says them outright, and how; a word of theirs never decides how. */
export function explicitWriting(args: Args, text: string, plain: string): { content: unknown; mode: unknown } {
  const stated = statedContent(text, typeof args.path === 'string' ? args.path : undefined)
  const words = stated?.words
  if (stated === undefined || words === undefined)
    return { content: args.content, mode: explicitMode(args.mode, plain) ?? (stated?.appends ? 'append' : undefined) }
  const around = plain.slice(0, words.from) + ' '.repeat(words.to - words.from) + plain.slice(words.to)
  const mode = explicitMode(args.mode, around) ?? (stated.appends ? 'append' : undefined)
  return { content: text.slice(words.from, words.to), mode }
}

/** Without a word for it the tool's own way holds, which never touches a file that is there. */
function explicitMode(mode: unknown, plain: string): unknown {
  if (/\bappend|\b(?:at|to) the (?:end|bottom)\b|>>/i.test(plain)) return /\boverwrit/i.test(plain) ? mode : 'append'
  if (/\boverwrit/i.test(plain)) return 'overwrite'
  const hint = mode === 'append' ? MAY_APPEND : MAY_OVERWRITE
  return hint.test(plain) ? mode : undefined
}

/** `s/old/new/` of sed, or two quoted texts in the order in which people say them. */
export function explicitReplacement(text: string): Args {
  const sed = /(?:^|[\s"'])s([/|#,])(.+?)\1(.*?)\1[gimI]*(?=$|[\s"'])/.exec(text)
  if (sed !== null) return { find: unquoted(sed[2] as string), replace: unquoted(sed[3] as string) }
  const parts = quotedParts(text).map(({ from, to }) => text.slice(from, to))
  const [find, replace] = parts.filter((part) => part.match(PATH_LIKE) === null || parts.length === 2)
  const straight = !/\b(?:instead of|in place of|rather than|in lieu of|where)\b/i.test(withoutQuotes(text))
  return parts.length === 2 && straight && find !== undefined && replace !== undefined ? { find, replace } : {}
}

function unquoted(text: string): string {
  return text.replace(/^(["'])(.*)\1$/, '$2')
}

/** A path that looks like none, where one other word does and nothing else in the call is made of it. */
export function likelyPath(args: Args, plain: string): string {
  const path = String(args.path)
  if (path.match(PATH_LIKE) !== null) return path
  const others = Object.entries(args).filter(([name]) => name !== 'path')
  const candidates = [...new Set(plain.match(PATH_LIKE) ?? [])].filter(
    (word) => !others.some(([, value]) => String(value).includes(word)),
  )
  const clashes = others.some(([, value]) => typeof value === 'string' && value.includes(path))
  return candidates.length === 1 && clashes ? (candidates[0] as string) : path
}
