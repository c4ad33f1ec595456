import type { ToolDescriptor } from '@castellan/contracts'
import { PATH_LIKE, statedContent } from './content.ts'
import { takesArgument } from './references.ts'
import { quotedParts } from './values.ts'

type Args = Record<string, unknown>
type Value = unknown

const COUNT =
  '\\d+|an?|half an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty|(?:a )?(?:few|couple(?: of)?)'
const SPAN_UNIT = '(?:s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?|months?|years?)'
const WEEKDAY = '(?:mon|tues|wednes|thurs|fri|satur|sun)day'
const CLOCK = '\\d{1,2}(?::\\d\\d)?\\s?(?:am|pm)|\\d{1,2}:\\d\\d'
const DAY = `yesterday|today|midnight|noon|overnight|last night|this (?:morning|afternoon|evening|week|month)|${WEEKDAY}`

/** A time the tools understand, as it stands in a request; the first group is the time itself. */
const TIMES: readonly RegExp[] = [
  new RegExp(`\\b(?:last|past|previous)\\s+((?:(?:${COUNT})\\s?)?${SPAN_UNIT})\\b(?!\\s+or\\b)`, 'i'),
  new RegExp(
    `\\b(?:since|from|after)\\s+((?:${DAY})(?:\\s+(?:at\\s+)?(?:${CLOCK}))?|${CLOCK}|\\d{4}-\\d\\d-\\d\\d|(?:the\\s+)?(?:last\\s+)?(?:re)?boot)\\b`,
    'i',
  ),
  new RegExp(`\\b((?:${COUNT})\\s${SPAN_UNIT})\\s+ago\\b`, 'i'),
  /\b(yesterday|today|overnight|last night|this (?:morning|afternoon|evening|week))\b/i,
]

/** Whether a text can be a time at all; "11" and "minutes" cannot. */
const TIME_LIKE = new RegExp(
  `${DAY}|${CLOCK}|tonight|night|morning|evening|week|month|year|boot|start|now|\\d{4}-\\d\\d|\\d\\s?${SPAN_UNIT}\\b|\\b(?:${COUNT}|last|past|half)\\s+${SPAN_UNIT}\\b|^(?:second|minute|hour|day)$`,
  'i',
)

const NUMBER_WORDS = 'zero one two three four five six seven eight nine ten eleven twelve'.split(' ')
const NUMBER = `\\d{1,4}|${NUMBER_WORDS.slice(1).join('|')}`
/** A number that counts what is listed, not time. */
const COUNTED = new RegExp(
  `\\b(?:max(?:imum)?|limit|top|last|first|newest|latest|at most|-n)[ =:]*(${NUMBER})\\b(?![-.:/]?\\d|\\s*${SPAN_UNIT}\\b)` +
    `|\\b(${NUMBER})\\s+(?:lines?|entries|messages|processes|items|acts|records|rows|results)\\b`,
  'i',
)

const PRIORITIES: readonly (readonly [word: RegExp, priority: string])[] = [
  [/\bemerg(?:ency|encies)?\b/, 'emerg'],
  [/\balerts?\b/, 'alert'],
  [/\bcrit(?:ical)?s?\b/, 'crit'],
  [/\berr(?:or)?s?\b/, 'err'],
  [/\bwarn(?:ing)?s?\b/, 'warning'],
  [/\bnotices?\b/, 'notice'],
  [/\binformational\b|\binfo[- ](?:messages?|lines?|level|entries|logs?)\b|-p info\b/, 'info'],
  [/\bdebug\b/, 'debug'],
]

const MAY_APPEND = /\b(?:add|end|bottom|tack|attach|stick|onto|on|also|another|more|too|extend|line)\b/i
const MAY_OVERWRITE =
  /\b(?:replac|instead|from scratch|fresh|everything|whole|entire|old|existing|wipe|start over|nothing (?:but|else)|only)/i

/** A unit with its suffix, systemd.unit(5); nothing else looks like it. */
const UNIT_FILE = /(?<![\w/.])[\w@:.-]*\w\.(?:service|socket|timer|mount|target|slice|scope)\b(?!\/)/

/** Words that a model this small takes for the name of a unit, and that never are one. */
const NO_UNIT =
  /^(?:logs?|journal|messages?|errors?|warnings?|lines?|seconds?|minutes?|hours?|days?|weeks?|couple|server|site|system|machine|box|host|everything|anything|something|certain|sure|last|latest|newest|the|a|of|is|it|its|\d+|one|two|three|four|five|six|seven|eight|nine|ten)\.?$/i

/**
 * Sets right what a request says in so many words and the model got wrong or missed: a time, a priority, a protocol. Only
 * arguments that the tool takes, only where the words leave no choice, and never from inside quotes.
 */
export function heedExplicit(args: Args, text: string, tool: ToolDescriptor | undefined): Args {
  if (tool === undefined) return args
  const takes = (argument: string, value?: string): boolean => takesArgument(tool, argument, value)
  const plain = withoutQuotes(text)
  const heeded: Args = { ...args }
  if (takes('since')) set(heeded, 'since', explicitTime(args.since, plain))
  if (takes('priority')) {
    const priority = explicitPriority(args, plain)
    if (takes('priority', String(priority))) heeded.priority = priority as string
  }
  if (takes('mode') && takes('content')) {
    const { content, mode } = explicitWriting(args, text, plain)
    set(heeded, 'content', content)
    set(heeded, 'mode', mode)
  }
  if (takes('protocol')) set(heeded, 'protocol', explicitProtocol(plain) ?? args.protocol)
  if (takes('unit') && args.unit === undefined) set(heeded, 'unit', UNIT_FILE.exec(plain)?.[0])
  if (typeof args.unit === 'string' && NO_UNIT.test(args.unit)) delete heeded.unit
  if (takes('limit')) set(heeded, 'limit', args.limit ?? explicitCount(plain))
  if (takes('find') && takes('replace')) Object.assign(heeded, explicitReplacement(text))
  if (typeof args.path === 'string') set(heeded, 'path', likelyPath(args, plain))
  return heeded
}

function set(args: Args, name: string, value: Value): void {
  if (value === undefined) delete args[name]
  else args[name] = value
}

function explicitTime(chosen: Value, plain: string): string | undefined {
  const said = TIMES.flatMap((pattern) => pattern.exec(plain)?.[1] ?? [])[0]?.trim()
  if (typeof chosen !== 'string' || !TIME_LIKE.test(chosen)) return said
  return said?.toLowerCase().includes(chosen.toLowerCase()) ? said : chosen
}

function explicitPriority({ priority, grep }: Args, plain: string): Value {
  const said = PRIORITIES.filter(([word]) => word.test(plain.toLowerCase()))
  const [only] = said
  if (only === undefined || said.length > 1) return priority
  // "grep error in the log" looks for the word.
  return typeof grep === 'string' && only[0].test(grep.toLowerCase()) ? priority : only[1]
}

/** The words to write where the request says them outright, and how; a word of theirs never decides how. */
function explicitWriting(args: Args, text: string, plain: string): { content: Value; mode: Value } {
  const stated = statedContent(text, typeof args.path === 'string' ? args.path : undefined)
  const words = stated?.words
  if (stated === undefined || words === undefined)
    return { content: args.content, mode: explicitMode(args.mode, plain) ?? (stated?.appends ? 'append' : undefined) }
  const around = plain.slice(0, words.from) + ' '.repeat(words.to - words.from) + plain.slice(words.to)
  const mode = explicitMode(args.mode, around) ?? (stated.appends ? 'append' : undefined)
  return { content: text.slice(words.from, words.to), mode }
}

/** Without a word for it the tool's own way holds, which never touches a file that is there. */
function explicitMode(mode: Value, plain: string): Value {
  if (/\bappend|\b(?:at|to) the (?:end|bottom)\b|>>/i.test(plain)) return /\boverwrit/i.test(plain) ? mode : 'append'
  if (/\boverwrit/i.test(plain)) return 'overwrite'
  const hint = mode === 'append' ? MAY_APPEND : MAY_OVERWRITE
  return hint.test(plain) ? mode : undefined
}

/** "The last ten messages", "max 6", "25 lines". */
function explicitCount(plain: string): number | undefined {
  const match = COUNTED.exec(plain)
  const said = match?.[1] ?? match?.[2]
  if (said === undefined) return undefined
  const value = /^\d+$/.test(said) ? Number(said) : NUMBER_WORDS.indexOf(said.toLowerCase())
  return value > 0 ? value : undefined
}

/** `s/old/new/` of sed, or two quoted texts in the order in which people say them. */
function explicitReplacement(text: string): Args {
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

function explicitProtocol(plain: string): string | undefined {
  const [tcp, udp] = [/tcp/i.test(plain), /udp/i.test(plain)]
  return tcp === udp ? undefined : tcp ? 'tcp' : 'udp'
}

/** A path that looks like none, where one other word does and nothing else in the call is made of it. */
function likelyPath(args: Args, plain: string): string {
  const path = String(args.path)
  if (path.match(PATH_LIKE) !== null) return path
  const others = Object.entries(args).filter(([name]) => name !== 'path')
  const candidates = [...new Set(plain.match(PATH_LIKE) ?? [])].filter(
    (word) => !others.some(([, value]) => String(value).includes(word)),
  )
  const clashes = others.some(([, value]) => typeof value === 'string' && value.includes(path))
  return candidates.length === 1 && clashes ? (candidates[0] as string) : path
}

function withoutQuotes(text: string): string {
  let plain = text
  for (const { from, to } of quotedParts(text)) plain = plain.slice(0, from) + ' '.repeat(to - from) + plain.slice(to)
  return plain
}
