import type { ToolDescriptor } from '@castellan/contracts'
import { fitSchema, saidIn, supplied } from './arguments.ts'
import type { Message, PastCall } from './conversation.ts'
import type { Reading, Readings } from './decode.ts'
import { heedExplicit } from './explicit/explicit.ts'
import { LIKELY } from './gate.ts'
import type { ProposedCall } from './outcome.ts'
import { isPointing, missingArguments, resolveReferences } from './references.ts'
import { isQuoted, isWord } from './values.ts'

/** Reads one request with the model: the likeliest readings, at most `count`, each with another tool. */
export type ReadRequest = (text: string, offered: ReadonlySet<string>, count: number) => Promise<Readings>

export interface Interpretation {
  readonly messages: readonly Message[]
  readonly tools: readonly ToolDescriptor[]
  readonly gate: number
  readonly read: ReadRequest
  /** The moment of the request, for the heading of a note without content. */
  readonly now: Date
}

/** One reading with its arguments completed from the conversation. */
export interface Candidate extends ProposedCall {
  readonly tool: ToolDescriptor
  readonly toolProbability: number
  readonly missing: readonly string[]
  readonly note?: string
}

export interface Candidates {
  readonly none: number
  readonly candidates: readonly Candidate[]
  /** The likeliest, unless "no tool" is likelier. */
  readonly best: Candidate | undefined
}

/** The likeliest readings of one request, each with another tool and its arguments completed; at most `count`. */
export async function readCandidates(
  job: Interpretation,
  text: string,
  past: readonly PastCall[],
  count: number,
): Promise<Candidates> {
  const offered = new Map(job.tools.map((tool) => [tool.name as string, tool]))
  const { none, readings } = await job.read(text, new Set(offered.keys()), count)
  const candidates = readings.flatMap((reading) => {
    const tool = offered.get(reading.tool)
    return tool === undefined ? [] : [complete(job, tool, reading, text, past)]
  })
  const [first] = candidates
  return { none, candidates, best: first !== undefined && first.toolProbability > none ? first : undefined }
}

/** A reading's values in the tool's own form, with what the conversation adds. */
function complete(
  job: Interpretation,
  tool: ToolDescriptor,
  reading: Reading,
  text: string,
  past: readonly PastCall[],
): Candidate {
  const said = saidIn(reading, text)
  const heeded = heedExplicit(said, text, tool)
  const args = fitSchema(tool, supplied(tool, resolveReferences(tool, heeded, text, past, job.tools), text))
  const note = tool.name === 'file_write' && !('content' in args) ? fillNote(args, job.now) : undefined
  return {
    tool,
    name: tool.name,
    args,
    confidence: confidenceOf(reading, said, heeded, heedExplicit({}, text, tool), text),
    toolProbability: reading.toolProbability,
    missing: missingArguments(tool, args),
    ...(note === undefined ? {} : { note }),
  }
}

/** A note somebody wants written without saying what: a heading with the date, and the word that it is only that. */
function fillNote(args: Record<string, unknown>, now: Date): string {
  const heading = `# Note of ${now.toISOString().slice(0, 16).replace('T', ' ')} UTC`
  args.content = `${heading}\n`
  return `You did not say what the note should contain; it gets the heading "${heading}". Say: write "your words" to ${String(args.path ?? 'notes.txt')}, to put something else there. `
}

type Values = Readonly<Record<string, unknown>>

/**
 * The probability of the call, without what it does not depend on: where a value is taken whole whichever part of it the model
 * marked, which word it was that only points ("delete it"), and what the request says outright.
 */
function confidenceOf(reading: Reading, said: Values, heeded: Values, outright: Values, text: string): number {
  let confidence = reading.probability
  for (const [name, { start, part, extent }] of reading.places) {
    const value = reading.args.get(name)
    // A product of 0 leaves a probability of 0, which nothing can mend.
    const place = start * extent || 1
    const settled = heeded[name] !== said[name] || (name in outright && heeded[name] === outright[name])
    if (settled || isPointing(said[name])) confidence /= place
    else if (value !== undefined && isQuoted(value, text)) confidence *= part / place
    else if (isWord(name)) confidence /= extent || 1
  }
  return Math.min(1, confidence)
}

/**
 * Whether the call may be made without asking. A change is shown in full to a person who approves it or not, so there a
 * tool that is clear will do with values that are only likely; asking twice for one act helps nobody.
 */
export function isSure(job: Interpretation, { tool, missing, confidence, toolProbability }: Candidate): boolean {
  if (missing.length > 0) return false
  const isShownFirst = tool.effect !== 'read' && toolProbability >= job.gate
  return confidence >= (isShownFirst ? LIKELY : job.gate)
}
