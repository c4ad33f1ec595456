import type { Interpretation } from './candidates.ts'
import { type Message, type PastCall, pastCalls } from './conversation.ts'
import type { Outcome } from './outcome.ts'
import { notSure } from './replies.ts'
import { finishValue } from './values.ts'

type InterpretOne = (job: Interpretation, text: string, past: readonly PastCall[]) => Promise<Outcome>

const PICK = /^(?:(?:the\s+)?(first|second|third|last)(?:\s+one)?|(?:number|no\.?|option|#)?\s*([1-3]))[.!)]?$/i
const PICKS: Readonly<Record<string, number>> = { first: 0, second: 1, third: 2, last: -1 }
/** Words around a value that was asked for: "the nginx one", "i mean notes.txt please". */
const AROUND = /^(?:the|one|it|it's|its|is|i|mean|meant|please|service|unit|file|folder|called|named|a|my)$/i
const MAX_WORDS = 6

/**
 * A message that only makes sense after the one before: "2" after a list of readings, "nginx" after "which service do you
 * mean?". The engine keeps nothing between requests, so the earlier message is read again; the same words give the same
 * reading. Undefined where the message stands for itself.
 */
export async function followUp(job: Interpretation, text: string, read: InterpretOne): Promise<Outcome | undefined> {
  const before = exchangeBefore(job.messages)
  if (before === undefined || text.split(/\s+/).length > MAX_WORDS) return undefined
  const pick = pickIn(text)
  if (pick !== undefined && before.answer === notSure) {
    const outcome = await read(job, before.question, before.past)
    const chosen = outcome.kind === 'choices' ? outcome.choices.at(pick) : undefined
    // The person has chosen: nothing is left to be unsure about.
    return chosen && { kind: 'calls', calls: [{ name: chosen.name, args: chosen.args, confidence: 1 }] }
  }
  if (!before.answer.startsWith('Which ')) return undefined
  const value = valueIn(text)
  if (value === undefined) return undefined
  const outcome = await read(job, before.question, before.past)
  if (outcome.kind !== 'text' || outcome.open === undefined || outcome.text !== before.answer) return undefined
  const { name, args, missing } = outcome.open
  return { kind: 'calls', calls: [{ name, args: { ...args, [missing]: value }, confidence: 1 }] }
}

interface Exchange {
  readonly question: string
  readonly answer: string
  readonly past: readonly PastCall[]
}

/** The last question of the person and the engine's answer to it, where that was words alone. */
function exchangeBefore(messages: readonly Message[]): Exchange | undefined {
  const [question, answer] = messages.slice(-3)
  if (question?.role !== 'user' || answer?.role !== 'assistant' || answer.calls.length > 0) return undefined
  return { question: question.text, answer: answer.text.trim(), past: pastCalls(messages.slice(0, -3)) }
}

function pickIn(text: string): number | undefined {
  const match = PICK.exec(text)
  if (match === null) return undefined
  const [, word, digit] = match
  return word === undefined ? Number(digit) - 1 : PICKS[word.toLowerCase()]
}

/** The one word that is a value; undefined where none or several could be. */
function valueIn(text: string): string | undefined {
  const words = [...text.matchAll(/\S+/g)].filter(([word]) => !AROUND.test(word.replace(/[,.!?]+$/, '')))
  const [only] = words
  if (only === undefined || words.length > 1) return undefined
  const span = { kind: 'span', type: 'string', start: only.index, end: only.index + only[0].length } as const
  const value = finishValue('path', span, text)
  return value === '' ? undefined : String(value)
}
