import { carriesOut } from './acts.ts'
import { type Candidate, type Interpretation, isSure, readCandidates } from './candidates.ts'
import { splitRequests } from './clauses.ts'
import { type Message, type PastCall, pastCalls } from './conversation.ts'
import { followUp } from './follow-up.ts'
import { MIN_OFFERED, MIN_OFFERED_BESIDE_NONE, OFFERED } from './gate.ts'
import { askedVerbs, type Negation, readNegation } from './negation.ts'
import type { Outcome } from './outcome.ts'
import { nameWhatIsPointedAt } from './pointing.ts'
import { askFor, cannotHelp, courtesy, forbidden, labelOf, notSure } from './replies.ts'

/**
 * The whole way of a message: what it forbids is taken out, several requests are parted, each is read by the model, what it
 * leaves open comes from the conversation, and the gate decides between acting, offering and saying what can be done.
 */
export async function interpret(job: Interpretation): Promise<Outcome> {
  const last = job.messages.at(-1)
  if (last?.role === 'tool') return { kind: 'text', text: summaries(job.messages) }
  const text = last?.role === 'user' ? last.text.trim() : ''
  if (text === '') return { kind: 'text', text: cannotHelp(job.tools) }

  const negation = readNegation(text)
  if (negation.forbids || negation.denied.length > 0) return await interpretNegated(job, text, negation)
  const polite = courtesy(text, job.tools)
  if (polite !== undefined) return { kind: 'text', text: polite }
  const calls = pastCalls(job.messages)
  return (
    (await followUp(job, text, interpretOne)) ??
    (await interpretParts(job, text, calls)) ??
    (await interpretOne(job, text, calls))
  )
}

/**
 * A request that denies an act. Whatever carries the act out is not on offer, unless the rest of the request asks for it by
 * itself ("don't append, overwrite it"); then only that rest is read.
 */
async function interpretNegated(job: Interpretation, text: string, negation: Negation): Promise<Outcome> {
  const { denied, forbids, remainder } = negation
  if (remainder === '') return { kind: 'text', text: forbidden }
  const asked = forbids ? askedVerbs(remainder) : []
  const allowed = job.tools.filter((tool) => !denied.some((verb) => carriesOut(tool, verb)))
  const calls = pastCalls(job.messages)
  if (!forbids) return await interpretOne({ ...job, tools: allowed }, text, calls)

  const named = job.tools.filter((tool) => allowed.includes(tool) || asked.some((verb) => carriesOut(tool, verb)))
  const rest = await interpretOne({ ...job, tools: named }, remainder, [...calls, mentionedIn(text)])
  if (rest.kind === 'calls') return rest
  const whole = await interpretOne({ ...job, tools: allowed }, text, calls)
  if (whole.kind === 'calls') return whole
  return rest.kind === 'choices' ? rest : { kind: 'text', text: forbidden }
}

/** Several requests become several calls only where each is sure; otherwise the sentence is read as one. */
async function interpretParts(
  job: Interpretation,
  text: string,
  past: readonly PastCall[],
): Promise<Outcome | undefined> {
  const parts = splitRequests(text)
  if (parts.length < 2) return undefined
  const whole = await readCandidates(job, text, past, 1)
  if (whole.best !== undefined && isSure(job, whole.best) && reachesOver(whole.best, parts))
    return proceed([whole.best])
  const candidates: Candidate[] = []
  const calls = [...past]
  for (const part of parts) {
    const best = (await readPointed(job, part, calls)) ?? (await readCandidates(job, part, calls, 1)).best
    if (best === undefined || !isSure(job, best)) return undefined
    candidates.push(best)
    calls.push({ name: best.name, args: best.args, ok: true, result: undefined, ledgerIndex: null })
  }
  return isOneRequest(candidates) ? undefined : proceed(candidates)
}

/** "Open notes.txt and put x where y is" is one request: its values stand in both halves. */
function reachesOver({ args }: Candidate, parts: readonly string[]): boolean {
  const values = Object.values(args).filter((value) => typeof value === 'string')
  return !parts.some((part) => values.every((value) => part.includes(value)))
}

/** "How much is cached and how much is really used" asks one tool twice for the same: that is one request. */
function isOneRequest(candidates: readonly Candidate[]): boolean {
  return candidates.some((one, index) =>
    candidates.some((other, place) => {
      if (index === place || one.name !== other.name) return false
      const extra = Object.entries(one.args).filter(([name, value]) => other.args[name] !== value)
      return extra.length === 0
    }),
  )
}

async function interpretOne(job: Interpretation, text: string, past: readonly PastCall[]): Promise<Outcome> {
  const pointed = await readPointed(job, text, past)
  if (pointed !== undefined) return proceed([pointed])
  const quick = await readCandidates(job, text, past, 1)
  if (quick.best !== undefined && isSure(job, quick.best)) return proceed([quick.best])
  const { candidates, none } = await readCandidates(job, text, past, OFFERED)
  const [best] = candidates
  if (best === undefined) return { kind: 'text', text: cannotHelp(job.tools) }

  const noneIsLikeliest = none >= best.toolProbability
  const floor = noneIsLikeliest ? MIN_OFFERED_BESIDE_NONE : MIN_OFFERED
  const worthOffering = candidates.filter((candidate) => candidate.toolProbability >= floor)
  if (worthOffering.length === 0) return { kind: 'text', text: cannotHelp(job.tools) }
  // The tool is clear and only a value is not: a question is worth more than a list.
  const open = best.missing[0]
  if (open !== undefined && best.toolProbability >= job.gate) return ask(best, open)
  const whole = worthOffering.filter((candidate) => candidate.missing.length === 0)
  if (whole.length === 0) return open === undefined ? { kind: 'text', text: cannotHelp(job.tools) } : ask(best, open)
  const choices = whole.map(({ name, args, confidence, tool }) => ({
    name,
    args,
    confidence,
    label: labelOf(tool, args),
  }))
  return { kind: 'choices', text: notSure, choices }
}

/** What a request that points at something means with the thing's name in it, where that is sure and really about the thing. */
async function readPointed(
  job: Interpretation,
  text: string,
  past: readonly PastCall[],
): Promise<Candidate | undefined> {
  const named = nameWhatIsPointedAt(text, past)
  if (named === undefined) return undefined
  const { best } = await readCandidates(job, named.text, past, 1)
  const isMeant = best !== undefined && isSure(job, best) && Object.values(best.args).includes(named.thing)
  return isMeant ? best : undefined
}

function ask({ tool, args }: Candidate, missing: string): Outcome {
  return { kind: 'text', text: askFor(tool, missing), open: { name: tool.name, args, missing } }
}

function proceed(candidates: readonly Candidate[]): Outcome {
  const notes = candidates.flatMap(({ note }) => note ?? [])
  const calls = candidates.map(({ name, args, confidence }) => ({ name, args, confidence }))
  return notes.length === 0 ? { kind: 'calls', calls } : { kind: 'calls', calls, note: notes.join(' ') }
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
