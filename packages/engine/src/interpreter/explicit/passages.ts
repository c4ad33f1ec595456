import { quotedParts } from '../values.ts'
import type { Args } from './explicit.ts'
import type { Wants } from './wants.ts'

/** Arguments that are somebody's own words, to the end of the request. */
const PASSAGES = ['text', 'summary', 'note', 'resolution'] as const
const SHELL_OPERATOR = /\||&&|;|[<>]|\$\(/
/** What announces a passage: a colon after a few words, or a word for it. */
const ANNOUNCED = /^[^:]{1,80}:\s+|\b(?:that|(?:summary|note|resolution|how|why)(?: that|:)?)\s+/gi
const IDENTIFIER = /^[a-z]{2,4}_[0-9A-Za-z]/
const BY_COLON = /^[^|<>;&$`:]{0,80}:\s+/
const BY_VERB =
  /^(?:[^|<>;&$`]*?\b)?(?:run|execute|try|do)(?: (?:this|the|in|a|an|bash|shell|sh|script|command|following|sandbox))*:?\s+/i
/** What a question is about, to the end of its clause. */
const TOPIC =
  /\b(?:about|on|regarding|concerning|for)\s+([^,?!;]+?)(?=\s*(?:$|[,?!;])|\s+(?:since|from the last|in the last)\b)/gi
/** What follows a passage and is not part of it. */
const AFTER_PASSAGE = /(?:[,;]?\s+(?:with )?tag(?:s|ged)?(?: it| as)?:?\s.*|[,;]?\s+(?:please|pls|thanks?|thx))$/i

/** Passages whole: the model marks where one begins better than where it ends. Quoted ones are whole already. */
export function explicitPassages(args: Args, text: string, wants: Wants): Args {
  const found: Args = {}
  for (const argument of PASSAGES) {
    const passage = wants.takes(argument) ? passageWith(args[argument], text) : undefined
    if (passage !== undefined) found[argument] = passage
  }
  for (const argument of ['about', 'query']) {
    const topic = wants.takes(argument) ? topicWith(args[argument], text) : undefined
    if (topic !== undefined) found[argument] = topic
  }
  const script = wants.takes('script') ? scriptWith(args.script, text) : undefined
  if (script !== undefined) found.script = script
  return found
}

function passageWith(chosen: unknown, text: string): string | undefined {
  if (typeof chosen !== 'string' || isQuoted(chosen, text)) return undefined
  const words = chosen.replace(/^that /i, '')
  for (const match of text.matchAll(ANNOUNCED)) {
    const rest = text.slice(match.index + match[0].length).replace(AFTER_PASSAGE, '')
    // What begins with the identifier of the thing is not yet what is said about it.
    if (rest.includes(words) && !IDENTIFIER.test(rest)) return rest.replace(/(?<=\w)\.$/, '')
  }
  return undefined
}

/** The whole topic of which the model took a part; the shortest that has it. */
function topicWith(chosen: unknown, text: string): string | undefined {
  if (typeof chosen !== 'string' || isQuoted(chosen, text)) return undefined
  const topics = [...text.matchAll(TOPIC)].map((match) => (match[1] as string).replace(AFTER_PASSAGE, ''))
  return topics.filter((topic) => topic.includes(chosen)).sort((a, b) => a.length - b.length)[0]
}

/** A script from its first command to its last, where the model took a part of it. */
function scriptWith(chosen: unknown, text: string): string | undefined {
  if (typeof chosen !== 'string') return undefined
  const announced = BY_COLON.exec(text) ?? (SHELL_OPERATOR.test(text) ? BY_VERB.exec(text) : null)
  const rest = announced === null ? undefined : text.slice(announced[0].length)
  return rest?.includes(chosen) === true && !isQuoted(rest.slice(1, -1), text) ? rest : undefined
}

function isQuoted(chosen: string, text: string): boolean {
  return quotedParts(text).some(({ from, to }) => text.slice(from, to) === chosen)
}
