import { splitRequests } from './clauses.ts'
import { quotedParts } from './values.ts'

/** What a request to write says outright: where its words stand, and that they go after what is there. */
export interface StatedContent {
  /** Place of the words in the request, in UTF-16 units; undefined where the request only names the thing ("a note"). */
  readonly words?: { readonly from: number; readonly to: number }
  readonly appends: boolean
}

/** A word with a slash or an extension; addresses and versions are none. */
export const PATH_LIKE =
  /(?<![\w./~-])(?:~?\.{0,2}\/[\w./@+-]*\w|[\w.@+-]+\/[\w./@+-]*\w|[\w-][\w.@+-]*\.[a-z][a-z0-9]{0,7})(?![\w/@])/gi

const LEAD =
  "(?:(?:please|pls|kindly|hey|ok|okay|now|then|also|and|just|(?:can|could|would|will) you|(?:i want|i need|i'd like)(?: you)? to|let's|go ahead and)[\\s,]+)*"
/** Verbs whose object is the text itself. */
const WRITE =
  '(?:write|note|jot)(?: down)?|append|add|put(?: down)?|save|store|record|insert|dump|type|tack|stick|attach|log|enter|scribble|paste|remember|echo'
/** Verbs whose object is the file or the note; what stands in it comes after "saying". */
const MAKE = 'make|create|leave|drop|start|keep'
/** Verbs that go on with "with". */
const FILL = 'overwrite|fill|extend|replace|continue|create|make'
const ARTICLES = '(?:(?:the|my|our|a|an|new|existing|text|same)\\s+)*'
const FILE = `${ARTICLES}(?:(?:file|note|notes|list|document|log)\\s+)?(?:(?:called|named|with the name)\\s+)?["'\`“‘(]?`
const INTO =
  '(?:(?:to|into|in|onto|on|as|under|inside|within|at)(?:\\s+the (?:very )?(?:end|bottom|top) (?:of|in))?|>>?)'
const SAYING =
  '(?:saying|reading|containing|(?:that|which|it should|should) (?:says?|reads?|contains?)|with (?:the )?(?:text|words?|contents?|lines?|message)|to say)(?:\\s+that)?'

const BEFORE_PATH = new RegExp(`^(${LEAD})(${WRITE}|${MAKE})(\\s+.+?)??\\s+${INTO}\\s+${FILE}$`, 'is')
const BARE_BEFORE_PATH = new RegExp(
  `^${LEAD}(?:(?:${FILL}|write|${MAKE})\\b.*|(?:in|into|to|on|open)\\s+${FILE})$`,
  'is',
)
const AFTER_SAYING = new RegExp(`^\\S?\\s*[,\\s](?:in my workspace\\s+)?${SAYING}\\s*:?\\s+(.+)$`, 'is')
const FILL_BEFORE_PATH = new RegExp(`^${LEAD}(?:${FILL})\\b.*$`, 'is')
const AFTER_WITH = /^["'`”’)]?\s+(?:in my workspace\s+)?(?:with|by)\s+(.+)$/is
const AFTER_VERB = new RegExp(`^["'\`”’)]?,?\\s+${LEAD}(${WRITE})\\s+(.+)$`, 'is')
/** A colon ends the request and begins the words; so does the end of its first line. */
const AFTER_COLON = /^([^:\n]*?)(?::(?=\s)\s*|\n\s*)(.+)$/s

/** A noun for the thing itself, which says nothing about what stands in it. */
const THING = new RegExp(
  '^(?:(?:an?|the|one|some|another|my|our|your|this|that|these|those|new|short|quick|little|brief|blank|empty|small|few|more|extra|additional|following|last|first|above|of)\\s+)*' +
    '(?:it|its|this|that|these|those|them|one|something|anything|everything|stuff|things?|notes?|lines?|entry|entries|files?|documents?|texts?|words?|sentences?|messages?|reminders?|paragraphs?|comments?|headings?|lists?|content|contents|data|output|results?|answers?|following|above|more)' +
    '(?:\\s+(?:down|here|there|please|pls|for me|for later|for you|to self|to myself|too|again))*[\\s.,:;!]*$',
  'i',
)
/** What another tool would have to give first. */
const ELSEWHERE = /^(?:the|this|that|your)\s+(?:output|results?|list|contents?)\s+(?:of|from)\s/i
/** "A line saying", "the words", "that": they introduce the words and are none of them. */
const INTRODUCTION = new RegExp(
  `^(?:(?:an?|the|one|another|this)\\s+(?:(?:new|short|quick|last|first|following)\\s+)*(?:line|entry|note|text|sentence|message|reminder|comment|words?|string|phrase|item|file)s?(?:\\s+(?:${SAYING}|that)\\s*:?|\\s*:)\\s+` +
    '|the\\s+(?:(?:following|new)\\s+)?(?:line|text|sentence|words?|string|phrase|entry)\\s+(?!(?:is|are|was|were|has|have|had|will|can|of|for|at|from|in|on|to|about|with|and|or)\\b))',
  'i',
)
const MARKED = new RegExp(`(?:\\b${SAYING}|\\b(?:note|reminder|line|entry) that)\\s`, 'i')

/**
 * What a request says in so many words about the text to write: the words between the verb and the file, after a colon, or
 * after "saying". Quoted words win. `path` is the file as the request spells it; without it the only word that looks like one
 * is taken. Undefined where the request has none of these forms.
 */
export function statedContent(text: string, path: string | undefined): StatedContent | undefined {
  const places = placesOf(text, path)
  for (const { from, to } of places) {
    const words = afterColon(text, to) ?? undefined
    const before = betweenVerbAndPath(text, from)
    if (words !== undefined) return { words, appends: before?.appends ?? false }
    if (before !== undefined && (before.words !== undefined || places.length === 1)) {
      const after = before.words === undefined ? afterPath(text, from, to) : undefined
      return after === undefined ? before : { ...after, appends: before.appends || after.appends }
    }
    const after = afterPath(text, from, to)
    if (after !== undefined) return after
  }
  return undefined
}

function placesOf(text: string, path: string | undefined): { from: number; to: number }[] {
  if (path === undefined || path === '') {
    const found = [...text.matchAll(PATH_LIKE)].map(({ 0: word, index }) => ({ from: index, to: index + word.length }))
    return found.length === 1 ? found : []
  }
  const places: { from: number; to: number }[] = []
  for (let from = text.indexOf(path); from !== -1; from = text.indexOf(path, from + 1)) {
    const to = from + path.length
    if (!/[\w/~-]/.test(text[from - 1] ?? ' ') && !/[\w/~-]/.test(text[to] ?? ' ')) places.push({ from, to })
  }
  return places
}

/** "append to todo.txt: buy milk": the words are all that follows. */
function afterColon(text: string, pathEnd: number): StatedContent['words'] {
  const match = AFTER_COLON.exec(text.slice(pathEnd))
  const between = match?.[1] ?? ''
  // A sentence of its own between the file and the colon, or a quote, means something else.
  if (match === null || between.split(/\s+/).length > 6 || /["“”`]\s*\S/.test(between)) return undefined
  return settle(text, text.length - (match[2] as string).length, text.length, false)
}

/** "write hello to z.txt". */
function betweenVerbAndPath(text: string, pathStart: number): StatedContent | undefined {
  const match = BEFORE_PATH.exec(text.slice(0, pathStart))
  if (match === null) return undefined
  const [, lead = '', verb = '', region = ''] = match
  const appends = /^(?:add|append|tack|attach)/i.test(verb)
  let from = lead.length + verb.length
  let to = from + region.length
  const said = region.trim()
  const isCopied = /^(?:save|put|store|keep|append|drop|paste)/i.test(verb) && said.replace(PATH_LIKE, '') === ''
  const isForOther = /\b(?:to|into|in)\s+\S+\.\w+\s+and\s/i.test(region)
  const isObject =
    new RegExp(`^(?:${MAKE})$`, 'i').test(verb) && !MARKED.test(region) && quotesIn(text, from, to).length === 0
  if (said === '' || isCopied || isForOther || isObject) return { appends }
  from += /^\s*:?\s*/.exec(text.slice(from, to))?.[0].length ?? 0
  if (/^(?:write|note|jot|record|log|remember)/i.test(verb))
    from += /^that\s+(?=\S)/i.exec(text.slice(from, to))?.[0].length ?? 0
  if (/^jot$/i.test(verb)) to -= /\s+down\s*$/i.exec(text.slice(from, to))?.[0].length ?? 0
  const words = THING.test(said) ? undefined : settle(text, from, to, true)
  return words === undefined ? { appends } : { words, appends }
}

/** "add a line to z.txt saying hello", "overwrite z.txt with hello", "in z.txt write hello". */
function afterPath(text: string, pathStart: number, pathEnd: number): StatedContent | undefined {
  const before = text.slice(0, pathStart)
  const after = text.slice(pathEnd)
  const written = BARE_BEFORE_PATH.test(before) ? AFTER_VERB.exec(after) : null
  const rest =
    AFTER_SAYING.exec(after)?.[1] ??
    (FILL_BEFORE_PATH.test(before) ? AFTER_WITH.exec(after)?.[1] : undefined) ??
    written?.[2]
  if (rest === undefined || splitRequests(`write ${rest}`).length > 1) return undefined
  const trimmed = rest.replace(
    /(?:\s+(?:in|into|to|inside)\s+(?:it|there)|\s+inside)?(?:,?\s+(?:please|pls|thanks|thank you|thx))?[\s!.]*$/i,
    '',
  )
  const from = text.length - rest.length
  const words = settle(text, from, trimmed === '' ? text.length : from + trimmed.length, true)
  return words === undefined ? undefined : { words, appends: /^(?:add|append|tack|attach)/i.test(written?.[1] ?? '') }
}

/** The words in a part of the request, without what introduces them; a quoted part alone where there is one. */
function settle(text: string, start: number, end: number, quotesWin: boolean): StatedContent['words'] {
  let [from, to] = [start, end]
  while (to > from && /\s/.test(text[to - 1] as string)) to--
  const quoted = quotesIn(text, from, to)
  const [only] = quoted
  if (quoted.length > 1 && quotesWin) return undefined
  if (only !== undefined && (quotesWin || (only.from === from + 1 && only.to >= to - 1))) return only
  if (THING.test(text.slice(from, to)) || ELSEWHERE.test(text.slice(from, to)))
    return quotesWin ? undefined : { from, to }
  if (quotesWin) from += INTRODUCTION.exec(text.slice(from, to))?.[0].length ?? 0
  return from < to && /[\p{L}\p{N}\p{S}\p{P}]/u.test(text.slice(from, to)) ? { from, to } : undefined
}

function quotesIn(text: string, start: number, end: number): readonly { from: number; to: number }[] {
  return quotedParts(text).filter(({ from, to }) => from >= start && to <= end)
}
