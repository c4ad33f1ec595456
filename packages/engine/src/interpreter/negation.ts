import { ACT_VERBS, READ_VERBS } from './acts.ts'
import { opensRequest, splitClauses } from './clauses.ts'
import { normalise } from './request.ts'

/** "don't forget to delete it" asks for the act; "never mind" and "why not" forbid nothing. */
const IDIOMS =
  /\b(?:do not|don'?t|never)\s+(?:forget|fail|hesitate|neglect)\s+to\b|\bnever\s*mind\b|\bwhy\s+(?:not|don'?t\s+(?:you|we))\b|\bnot\s+only\b/g

/** What may stand before an imperative. */
const LEAD =
  '(?:(?:please|pls|no|ok|but|and|so|just|also|rather|better|castellan|hey|wait|stop|hold on|i said|i say|you|we|must|should|shall|may|ever|even)\\s+)*'
/** Up to three words of the same sentence. */
const BETWEEN = '(?:[\\w\'"/@~-]+(?:\\.[\\w/@~-]+)*\\s+){0,3}?'

/** An order not to: "don't delete it", "never overwrite my notes", "i don't want you to look", "no need to check". */
const ORDER = new RegExp(
  `^${LEAD}(?:` +
    `(?:do not|don'?t|never|mustn'?t|shouldn'?t|not)\\s+(?:ever\\s+|even\\s+|really\\s+|actually\\s+|you\\s+dare\\s+(?:to\\s+)?)*` +
    `|(?:there(?:'s| is)\\s+)?no\\s+need\\s+(?:for\\s+you\\s+)?to\\s+|(?:refrain|abstain)\\s+from\\s+|avoid\\s+|hold\\s+off\\s+(?:on\\s+)?` +
    `|(?:i|we)\\s+(?:do not|don'?t|did not|didn'?t)\\s+(?:want|need)\\s+(?:you\\s+)?to\\s+|you\\s+(?:do not|don'?t)\\s+(?:have|need)\\s+to\\s+` +
    `)(?:${ACT_VERBS}|${READ_VERBS}|(?:looking|checking|listing|reading|showing))\\b`,
)

/** "wait, don't", "let's not do that now": an order that leaves the act to what was said before. */
const BARE_ORDER = new RegExp(`^${LEAD}(?:(?:do not|don'?t)(?: do (?:it|that|this|anything))?|let'?s not\\b.*)[.! ]*$`)

/**
 * An act that is not to be, or should not have been: "is not deleted", "shouldn't have removed it", "without changing". Questions
 * like "isn't it possible to undo" and "can't you delete it" ask for the act and are not meant.
 */
const DENIED = new RegExp(
  `(?:\\bnot|\\b(?:do|does|did|was|were|should|must|need|would|could|wo|ca)n'?t(?!\\s+(?:you|we|it|that|this)\\b)|\\bcannot|\\bnever|\\bwithout` +
    `|\\bno need to|\\bavoid|\\brefrain from|\\bhold off on)\\s+${BETWEEN}(${ACT_VERBS})\\b`,
  'g',
)

/** "without a restart" is about a fact, not about an act. */
const FACT = /\bwithout\s+(?:an?\s+|any\s+)?(?:re)?(?:start|boot|stop)s?\b/g

/** A rest that asks for something by itself; "i need it" and "false alarm" do not. */
const ASKS = /\?|^(?:just|only|rather|instead)\b|\b(?:want|wanna|would like|i'd like|wonder|need to know)\b/

export interface Negation {
  /** Verbs of acts that are denied anywhere; what carries them out is not to be called. */
  readonly denied: readonly string[]
  /** Whether part of the request is an order not to do something. */
  readonly forbids: boolean
  /** What is asked besides; empty when nothing is. The whole request where nothing is forbidden. */
  readonly remainder: string
}

/**
 * Takes a request apart into what it forbids and what it asks: "don't delete notes.txt, just show it" forbids to delete and
 * leaves "just show it". Polarity is what a small model confuses most, so a denied act is never left to it.
 */
export function readNegation(text: string): Negation {
  const clauses = splitClauses(text)
  const kept = clauses.filter((clause) => !isOrder(plainWords(clause)))
  const forbids = kept.length < clauses.length
  const rest = kept.some((clause) => opensRequest(clause) || ASKS.test(plainWords(clause))) ? kept.join(', ') : ''
  return { denied: deniedVerbs(text), forbids, remainder: forbids ? rest : text }
}

function isOrder(clause: string): boolean {
  return ORDER.test(clause) || BARE_ORDER.test(clause)
}

/** Verbs of change in a text that no word before them denies. */
export function askedVerbs(text: string): readonly string[] {
  const plain = plainWords(text).replace(DENIED, ' ')
  return [...plain.matchAll(new RegExp(`\\b(?:${ACT_VERBS})\\b`, 'g'))].map(([verb]) => verb)
}

function deniedVerbs(text: string): readonly string[] {
  const plain = plainWords(text).replace(FACT, ' ')
  return [...plain.matchAll(DENIED)].map(([, verb]) => verb as string)
}

function plainWords(text: string): string {
  return normalise(text).replace(IDIOMS, ' ').trim()
}
