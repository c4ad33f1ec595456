import type { ToolDescriptor } from '@castellan/contracts'
import { splitRequests } from './clauses.ts'
import { type Message, type PastCall, pastCalls } from './conversation.ts'
import type { Reading, Readings } from './decode.ts'
import { gateFor, MIN_OFFERED, MIN_OFFERED_BESIDE_NONE, OFFERED } from './gate.ts'
import { readNegation } from './negation.ts'
import type { Outcome, ProposedCall } from './outcome.ts'
import { missingArguments, resolveReferences } from './references.ts'
import { askFor, cannotHelp, forbidden, labelOf, notSure } from './replies.ts'
import { finishValue } from './values.ts'

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
interface Candidate extends ProposedCall {
  readonly tool: ToolDescriptor
  readonly toolProbability: number
  readonly missing: readonly string[]
  readonly note?: string
}

/**
 * The whole way of a message: what it forbids is taken out, several requests are parted, each is read by the model, what it
 * leaves open comes from the conversation, and the gate decides between acting, offering and saying what can be done.
 */
export async function interpret(job: Interpretation): Promise<Outcome> {
  const last = job.messages.at(-1)
  if (last?.role === 'tool') return { kind: 'text', text: summaries(job.messages) }
  const text = last?.role === 'user' ? last.text.trim() : ''
  if (text === '') return { kind: 'text', text: cannotHelp(text, job.tools) }

  const negation = readNegation(text)
  if (negation.forbids) return await interpretNegated(job, text, negation.remainder)
  const calls = pastCalls(job.messages)
  return (await interpretParts(job, splitRequests(text), calls)) ?? (await interpretOne(job, text, calls))
}

/** What was asked besides what was forbidden; only reading is done in such company, everything else is offered. */
async function interpretNegated(job: Interpretation, text: string, remainder: string): Promise<Outcome> {
  if (remainder === '') return { kind: 'text', text: forbidden }
  const calls = pastCalls(job.messages)
  const outcome = await interpretOne(job, remainder, [...calls, mentionedIn(text)])
  const reads = new Set<string>(job.tools.filter((tool) => tool.effect === 'read').map((tool) => tool.name))
  if (outcome.kind !== 'calls') return { kind: 'text', text: forbidden }
  return outcome.calls.every((call) => reads.has(call.name)) ? outcome : { kind: 'text', text: forbidden }
}

/** Several requests become several calls only where each is sure; otherwise the sentence is read as one. */
async function interpretParts(
  job: Interpretation,
  parts: readonly string[],
  past: readonly PastCall[],
): Promise<Outcome | undefined> {
  if (parts.length < 2) return undefined
  const candidates: Candidate[] = []
  const calls = [...past]
  for (const part of parts) {
    const { best } = await readCandidates(job, part, calls, 1)
    if (best === undefined || !isSure(job, best)) return undefined
    candidates.push(best)
    calls.push({ name: best.name, args: best.args, ok: true, result: undefined, ledgerIndex: null })
  }
  return proceed(candidates)
}

async function interpretOne(job: Interpretation, text: string, past: readonly PastCall[]): Promise<Outcome> {
  const quick = await readCandidates(job, text, past, 1)
  if (quick.best !== undefined && isSure(job, quick.best)) return proceed([quick.best])
  const { candidates, none } = await readCandidates(job, text, past, OFFERED)
  const [best] = candidates
  if (best === undefined) return { kind: 'text', text: cannotHelp(text, job.tools) }

  const noneIsLikeliest = none >= best.toolProbability
  const floor = noneIsLikeliest ? MIN_OFFERED_BESIDE_NONE : MIN_OFFERED
  const worthOffering = candidates.filter((candidate) => candidate.toolProbability >= floor)
  if (worthOffering.length === 0) return { kind: 'text', text: cannotHelp(text, job.tools) }
  // The tool is clear and only a value is not: a question is worth more than a list.
  const open = best.missing[0]
  if (open !== undefined && best.toolProbability >= job.gate) return { kind: 'text', text: askFor(best.tool, open) }
  const whole = worthOffering.filter((candidate) => candidate.missing.length === 0)
  if (whole.length === 0) {
    return { kind: 'text', text: open === undefined ? cannotHelp(text, job.tools) : askFor(best.tool, open) }
  }
  const choices = whole.map(({ name, args, confidence, tool }) => ({
    name,
    args,
    confidence,
    label: labelOf(tool, args),
  }))
  return { kind: 'choices', text: notSure, choices }
}

function isSure(job: Interpretation, candidate: Candidate): boolean {
  return candidate.missing.length === 0 && candidate.confidence >= gateFor(candidate.tool.effect, job.gate)
}

function proceed(candidates: readonly Candidate[]): Outcome {
  const notes = candidates.flatMap(({ note }) => note ?? [])
  const calls = candidates.map(({ name, args, confidence }) => ({ name, args, confidence }))
  return notes.length === 0 ? { kind: 'calls', calls } : { kind: 'calls', calls, note: notes.join(' ') }
}

interface Candidates {
  readonly none: number
  readonly candidates: readonly Candidate[]
  /** The likeliest, unless "no tool" is likelier. */
  readonly best: Candidate | undefined
}

async function readCandidates(
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
  const said = Object.fromEntries([...reading.args].map(([name, value]) => [name, finishValue(name, value, text)]))
  const args = resolveReferences(tool, said, text, past, job.tools)
  const note = tool.name === 'file_write' && !('content' in args) ? fillNote(args, job.now) : undefined
  return {
    tool,
    name: tool.name,
    args,
    confidence: reading.probability,
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

/** The file or service a forbidding request names, so that "just show it" knows what it is. */
function mentionedIn(text: string): PastCall {
  const path = /(?:^|\s)["'`]?((?:[\w~./-]*\/)?[\w-]+\.\w{1,8}|~?\/[\w./-]+)["'`]?(?=$|[\s,;:.!?])/.exec(text)?.[1]
  return { name: '', args: path === undefined ? {} : { path }, ok: true, result: undefined, ledgerIndex: null }
}

/** The tools' own sentences for everything that was called since the person spoke, in order. */
function summaries(messages: readonly Message[]): string {
  const since = messages.findLastIndex((message) => message.role === 'user')
  return messages
    .slice(since + 1)
    .flatMap((message) => (message.role === 'tool' ? message.summary.trim() : []))
    .filter((summary) => summary !== '')
    .join('\n\n')
}
