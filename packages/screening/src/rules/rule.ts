import type { Reason } from '../mark.ts'
import { plain } from '../views/characters.ts'

/** One shape of an injection, over folded text: lower case, plain letters. */
export interface Rule {
  readonly reason: Reason
  readonly weight: number
  readonly pattern: RegExp
  /** Words of which one has to be there for the pattern to be tried at all. Absent: it is always tried. */
  readonly hints?: readonly string[]
  /** Words about injections around it do not make it harmless. */
  readonly always?: true
}

/** Within a sentence, which a full stop in a name or a path does not end: `~/.aws/credentials`. */
const WITHIN = '(?:[^.\\n]|\\.(?=[\\w/~]))'

/** A rule; its pattern is written as people spell it, and folded as the text is. Every gap in it has a limit, so it takes linear time. */
export function rule(reason: Reason, weight: number, pattern: string, hints?: readonly string[], always?: true): Rule {
  const source = [...pattern]
    .map((letter) => (letter.charCodeAt(0) < 0x80 ? letter : plain(letter)))
    .join('')
    .replaceAll('[^.\\n]', WITHIN)
  return {
    reason,
    weight,
    pattern: new RegExp(source, 'gu'),
    ...(hints === undefined ? {} : { hints: hints.map((hint) => [...hint].map(plain).join('')) }),
    ...(always === undefined ? {} : { always }),
  }
}

/** Names for what a model is called. */
export const MODEL =
  '(?:a\\.?i\\.?(?:[ -](?:assistants?|agents?|models?|systems?|bots?|helpers?|tools?|language models?))?|llms?|language models?|(?:virtual|digital|chat|automated|coding|llm) ?(?:assistants?|agents?|bots?)|chatbots?|assistants?|chatgpt|gpt-?[345o]\\w*|claude|gemini|copilot|castellan|llama|mistral)'
