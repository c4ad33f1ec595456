import { splitClauses } from './clauses.ts'
import { normalise } from './request.ts'

/** Verbs that ask for a change. Reading verbs are left out: "don't show info lines" forbids nothing that could do harm. */
const ACTS =
  'delet(?:e|ed|ing)|remov(?:e|ed|ing)|rm|eras(?:e|ed|ing)|trash(?:ed|ing)?|drop(?:ped|ping)?|wip(?:e|ed|ing)|writ(?:e|ing)|written|overwrit(?:e|ing|ten)|append(?:ed|ing)?|sav(?:e|ed|ing)|add(?:ed|ing)?|edit(?:ed|ing)?|chang(?:e|ed|ing)|modif(?:y|ied|ying)|alter(?:ed|ing)?|replac(?:e|ed|ing)|substitut(?:e|ed|ing)|renam(?:e|ed|ing)|mov(?:e|ed|ing)|touch(?:ed|ing)?|restor(?:e|ed|ing)|recover(?:ed|ing)?|bring(?:ing)?|undelet(?:e|ed|ing)|undo(?:ne|ing)?|revert(?:ed|ing)?|roll(?:ed|ing)?|tak(?:e|en|ing)|creat(?:e|ed|ing)|mak(?:e|ing)|put(?:ting)?|restart(?:ed|ing)?|start(?:ed|ing)?|stop(?:ped|ping)?|kill(?:ed|ing)?|clear(?:ed|ing)?|empty|emptied|purg(?:e|ed|ing)|get rid of|mess with|lose|nuke'

/** Words that forbid what follows them. "doesn't", "isn't", "can't" describe instead, and are not here. */
const FORBIDDING =
  "(?:do\\s+not|don'?t|never|not|without|no\\s+need\\s+to|(?:must|should|may)\\s*(?:not|n'?t)|mustn'?t|shouldn'?t|refrain\\s+from|avoid|hold\\s+off(?:\\s+on)?|stop\\s+yourself\\s+from)"

/** "don't forget to delete it" asks for the act. */
const DOUBLE =
  /\b(?:do\s+not|don'?t|never)\s+(?:forget|fail|hesitate|neglect)\s+to\b|\bwhy\s+(?:not|don'?t\s+(?:you|we))\b|\bnot\s+only\b/g

const FORBIDDEN_ACT = new RegExp(`\\b${FORBIDDING}\\s+(?:[\\w'"./@~-]+\\s+){0,3}?(?:${ACTS})\\b`)
/** "I don't need it any more" forbids nothing: somebody is said not to do or want something. */
const SOMEBODY =
  /\b(?:i|we|you|they|he|she|it|that|this|which|who|people|users?)\s+(?:really\s+|also\s+)?(?:do\s+not|don'?t|did\s+not|didn'?t|never)\s+(?:need|want|use|know|think|see|have|like|care|understand|remember)\b/g

/** Whether this clause forbids an act: "don't delete notes.txt", "leave it, never overwrite my notes". */
function forbidsAct(clause: string): boolean {
  const plain = normalise(clause).replace(DOUBLE, ' ').replace(SOMEBODY, ' ')
  return FORBIDDEN_ACT.test(plain)
}

export interface Negation {
  /** Whether some clause forbids an act. */
  readonly forbids: boolean
  /** The request without the clauses that forbid; empty when nothing else is asked. */
  readonly remainder: string
}

/**
 * Takes a request apart into what it forbids and what it asks. "Don't delete notes.txt, just show it" leaves "just show it".
 * The act that is forbidden is never handed to the model, because polarity is what a small model confuses most.
 */
export function readNegation(text: string): Negation {
  const clauses = splitClauses(text)
  const kept = clauses.filter((clause) => !forbidsAct(clause))
  // A negation may reach over a comma or an "and": then the text as a whole still forbids, and nothing of it is kept.
  const forbids = kept.length < clauses.length || forbidsAct(text)
  return { forbids, remainder: forbids ? kept.filter((clause) => clause.split(/\s+/).length > 1).join(', ') : text }
}
