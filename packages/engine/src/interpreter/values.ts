import type { RawValue } from './decode.ts'
import { typedValue } from './typed.ts'

type RawSpan = Extract<RawValue, { kind: 'span' }>

/** Arguments whose value is one word of the request: a path, a name, an address. */
const WORDS: ReadonlySet<string> = new Set(
  (
    'path unit name tool id from to host url option server user process address device agent under set ' +
    'approvalId sha256 expected'
  ).split(' '),
)
/** Arguments whose value may be any text, often in quotes. */
const TEXTS: ReadonlySet<string> = new Set(
  (
    'content find replace grep contains text fact note summary subject resolution about script argv value reason ' +
    'query'
  ).split(' '),
)

const QUOTES: Readonly<Record<string, string>> = {
  '"': '"',
  "'": "'",
  '`': '`',
  '“': '”',
  '‘': '’',
  '«': '»',
  '„': '“',
}

/**
 * The value of an argument as the tool should get it: the request's own words, whole, without what belongs to the sentence
 * around them (quotes, full stops, "'s"), in the form its type has. Undefined where the words have no such form.
 */
export function finishValue(name: string, value: RawValue, text: string): unknown {
  if (value.kind === 'value') return value.value
  return typedValue(value.type, finishSpan(name, value, text))
}

function finishSpan(name: string, value: RawSpan, text: string): string {
  if (WORDS.has(name)) return finishWord(name, text, value.start, value.end)
  if (TEXTS.has(name)) return finishText(text, value.start, value.end)
  return name === 'since' ? finishSince(text.slice(value.start, value.end)) : text.slice(value.start, value.end).trim()
}

/** Whether a value is a single word, which is taken whole wherever in it the span ends. */
export function isWord(name: string): boolean {
  return WORDS.has(name)
}

/** Whether a span lies in a quoted part, which is taken whole wherever in it the span is. */
export function isQuoted(value: RawValue, text: string): boolean {
  return value.kind === 'span' && quotedAround(text, value.start, value.end) !== undefined
}

function finishWord(name: string, text: string, start: number, end: number): string {
  const quoted = quotedAround(text, start, end)
  if (quoted !== undefined) return quoted
  // A model this small sometimes stops inside a word; half a path is never what was meant.
  let [from, to] = trimSpace(text, start, end)
  while (from > 0 && isWordCharacter(text[from - 1]) && isWordCharacter(text[from])) from--
  while (to < text.length && isWordCharacter(text[to]) && isWordCharacter(text[to - 1])) to++
  let word = stripPunctuation(unquote(text.slice(from, to)))
  if (name === 'unit' || name === 'name') word = word.replace(/['’]s?$/, '')
  return word
}

function finishText(text: string, start: number, end: number): string {
  return quotedAround(text, start, end) ?? unquote(text.slice(start, end).trim())
}

/** What may stand after "the last" and means the same without it; "last night" does not. */
const AFTER_LAST =
  '\\d|an?\\b|(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:one|two|three|four|five|six|seven|eight|nine|ten|few|couple)\\b'
const BEFORE_SPAN = new RegExp(`^(?:since\\s+)?(?:the\\s+)?(?:(?:last|past)\\s+(?=${AFTER_LAST}))?`, 'i')

/** `the last 2 hours` → `2 hours`; what remains is what the journal's and the ledger's time grammar reads. */
function finishSince(words: string): string {
  const bare = unquote(words.trim()).replace(/[?!.,;:]+$/, '')
  return bare.replace(BEFORE_SPAN, '') || bare
}

/** Where the span lies in a quoted part of the text, that part whole. */
function quotedAround(text: string, start: number, end: number): string | undefined {
  for (const { from, to } of quotedParts(text)) {
    if (start >= from - 1 && end <= to + 1 && end > from) return text.slice(from, to)
  }
  return undefined
}

/** The inside of each quoted part, without its quotes. An apostrophe within a word opens nothing. */
export function quotedParts(text: string): readonly { readonly from: number; readonly to: number }[] {
  const parts: { from: number; to: number }[] = []
  for (let index = 0; index < text.length; index++) {
    const close = QUOTES[text[index] as string]
    if (close === undefined || (index > 0 && /[\p{L}\p{N}]/u.test(text[index - 1] as string))) continue
    const to = closingQuote(text, index + 1, close)
    if (to === -1) continue
    parts.push({ from: index + 1, to })
    index = to
  }
  return parts
}

function closingQuote(text: string, from: number, quote: string): number {
  for (let index = text.indexOf(quote, from); index !== -1; index = text.indexOf(quote, index + 1)) {
    if (index > from && !/[\p{L}\p{N}]/u.test(text[index + 1] ?? ' ')) return index
  }
  return -1
}

function unquote(text: string): string {
  const close = QUOTES[text[0] ?? '']
  return close !== undefined && text.length > 1 && text.endsWith(close) ? text.slice(1, -1) : text
}

function stripPunctuation(word: string): string {
  const bare = word.replace(/^["'`“‘(<]+/, '').replace(/["'`”’)>?!,;:]+$/, '')
  // `.` and `..` are paths; any other full stop at the end closes the sentence.
  return /^\.{1,2}$/.test(bare) || bare.endsWith('/..') || bare.endsWith('/.') ? bare : bare.replace(/\.+$/, '')
}

function trimSpace(text: string, start: number, end: number): [number, number] {
  let [from, to] = [start, end]
  while (from < to && /\s/.test(text[from] as string)) from++
  while (to > from && /\s/.test(text[to - 1] as string)) to--
  return [from, to]
}

function isWordCharacter(character: string | undefined): boolean {
  return character !== undefined && /[\p{L}\p{N}/._@~+-]/u.test(character)
}
