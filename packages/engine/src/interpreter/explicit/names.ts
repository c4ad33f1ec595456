import type { Args } from './explicit.ts'
import { withoutQuotes } from './quotes.ts'
import type { Wants } from './wants.ts'

/** A unit with its suffix, systemd.unit(5); nothing else looks like it. */
const UNIT_FILE = /(?<![\w/.])[\w@:.-]*\w\.(?:service|socket|timer|mount|target|slice|scope)\b(?!\/)/

/** Words that a model this small takes for the name of a unit, and that never are one. */
const NO_UNIT =
  /^(?:status|systemctl|logs?|journal|messages?|errors?|warnings?|lines?|seconds?|minutes?|hours?|days?|weeks?|couple|server|site|system|machine|box|host|everything|anything|something|certain|sure|last|latest|newest|the|a|of|is|it|its|\d+|one|two|three|four|five|six|seven|eight|nine|ten)\.?$/i

/** What the things of a family of tools are called, and the argument that names one. */
const FAMILIES: readonly { readonly tools: RegExp; readonly argument: string; readonly noun: string }[] = [
  { tools: /^app_/, argument: 'name', noun: 'app(?:lication)?' },
  { tools: /^watcher_/, argument: 'name', noun: 'watcher|check|monitor' },
  { tools: /^routine_/, argument: 'name', noun: 'routine|job' },
  { tools: /^skill_/, argument: 'name', noun: 'skill|runbook' },
  { tools: /^mcp_server_/, argument: 'server', noun: 'mcp[- ]server|server' },
]

const NAME = '[A-Za-z0-9](?:[\\w.-]*\\w)?'

/** Words that stand beside such a noun and name nothing. */
const NO_NAME = new Set(
  `a again all also an and annoys another any anymore anything app apps application are as at back be been bring broken called can check checks could data
dead delete deployed did dies do does done down drop each enough every everything fire fix for from get give go good hang hanging hangs has have he her him his
hold how i if in is it its job kick kill last list look make me mcp monitor more my name named new no not now of off old on once one only or other our out
please pls pull put ready remove restart routine run running runs server set she show shut skill slow so some start started stop stopped stuck take that the
their them then there they this to today trigger turn until up us use vanish wake want was watcher we what when where which who why will with wont work
works would you your`.split(/\s+/),
)

/** The unit a request names, or the one the model chose where that can be one. */
export function explicitUnit(chosen: unknown, plain: string): unknown {
  if (typeof chosen === 'string') return NO_UNIT.test(chosen) ? undefined : chosen
  return UNIT_FILE.exec(plain)?.[0]
}

/**
 * The name of an app, a watcher, a routine, a skill or an MCP server: what the request calls so, or what stands beside the
 * noun. The model's own choice stays unless it cannot be a name.
 */
export function explicitName(args: Args, text: string, wants: Wants): Args {
  const family = FAMILIES.find(({ tools }) => tools.test(wants.tool))
  if (family === undefined || !wants.takes(family.argument)) return {}
  const { argument, noun } = family
  const isName = (word: string): boolean => !NO_NAME.has(word.toLowerCase()) && wants.admits(argument, word)
  const given = args[argument]
  const called = calledIn(text).filter(isName)
  const beside = besideNoun(withoutQuotes(text), noun).filter(isName)
  const chosen = typeof given === 'string' && isName(given) ? given : undefined
  if (called.length === 1) return { [argument]: called[0] }
  if (chosen !== undefined && (beside.length !== 1 || hasNameShape(chosen))) return { [argument]: chosen }
  return { [argument]: beside.length === 1 ? beside[0] : chosen }
}

/** "call it web", "named nightly-etc". */
function calledIn(text: string): string[] {
  const pattern = new RegExp(`\\b(?:call(?:ed)?|named?)(?: (?:it|that|this|should be))?[:=]? ["'\`]?(${NAME})`, 'gi')
  return unique([...text.matchAll(pattern)].map((match) => match[1] as string))
}

function besideNoun(plain: string, noun: string): string[] {
  const after = new RegExp(`\\b(?:${noun})[:=]? (${NAME})`, 'gi')
  const before = new RegExp(`(${NAME}) (?:${noun})\\b`, 'gi')
  return unique([...plain.matchAll(before), ...plain.matchAll(after)].map((match) => match[1] as string))
}

/** Ordinary words have neither digits nor dashes. */
function hasNameShape(word: string): boolean {
  return /[-_\d]/.test(word)
}

function unique(words: readonly string[]): string[] {
  return [...new Set(words)]
}
