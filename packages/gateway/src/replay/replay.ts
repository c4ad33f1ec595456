import {
  CallId,
  CastellanError,
  callDecision,
  canonicalJson,
  decisionOf,
  type EngineDecision,
  errorFromEnvelope,
  type LedgerIndex,
  type LedgerRecord,
  type RecordedDecision,
  ToolName,
} from '@castellan/contracts'
import type { Replay } from '@castellan/contracts/api'
import type { Agentd } from '../agentd.ts'
import type { EngineHooks } from '../engines/engine.ts'
import type { LlamaEngine } from '../engines/llama.ts'
import type { KeptDecision } from './decided.ts'
import type { Decisions } from './decisions.ts'

export interface ReplayParts {
  readonly agentd: Pick<Agentd, 'ledgerEntry' | 'ledgerEntries'>
  readonly engine: Pick<LlamaEngine, 'health' | 'complete'>
  readonly decisions: Pick<Decisions, 'ofCall'>
}

/** The entry of the call that tells of its decision. */
interface Told {
  readonly index: LedgerIndex
  readonly call_id: CallId
  readonly tool: ToolName
  readonly recorded: RecordedDecision | null
}

type Calls = Replay['now']

interface Answered {
  readonly decision: EngineDecision
  readonly calls: Calls
}

/**
 * Decides a call once more: find what the ledger says it was decided by, find the prompt that was kept, see that the same model
 * is there, ask it again, compare. Throws `not_found` for an entry that is not there or is of no call, and what the engine
 * cannot be reached with.
 */
export async function replay(index: LedgerIndex, parts: ReplayParts, signal: AbortSignal): Promise<Replay> {
  const told = await decisionEntry(index, parts.agentd, signal)
  const { recorded } = told
  if (recorded === null) return impossible(told, 'no_decision', NO_DECISION)
  const kept = await parts.decisions.ofCall(told.call_id)
  if (kept === null) return impossible(told, 'not_kept', NOT_KEPT)
  const wrong = await whyNot(recorded, kept, parts.engine, signal)
  if (wrong !== null) return { ...impossible(told, ...wrong), before: plain(kept.calls) }
  return compare(told, recorded, kept, await askAgain(kept, parts.engine, signal))
}

const NO_DECISION =
  'No model on this machine made this call: a person did, a program, an MCP client, a routine, or a model elsewhere, whose decisions nobody can replay.'
const NOT_KEPT =
  'The prompt of this decision is not kept: it was deleted with its chat, is older than `decisions.maxDays`, made room for newer ones, or was never kept (`decisions` in the gateway’s configuration).'

async function decisionEntry(index: LedgerIndex, agentd: ReplayParts['agentd'], signal: AbortSignal): Promise<Told> {
  const { entry } = await firstOf(await agentd.ledgerEntry(index, signal), agentd, signal)
  const call_id = CallId.safeParse(entry.call_id)
  const tool = ToolName.safeParse(entry.tool)
  if (!call_id.success || !tool.success) {
    throw new CastellanError(
      'not_found',
      `Ledger entry ${index} is of no call. \`agentctl ledger tail\` shows which entries are.`,
    )
  }
  return { index: entry.index, call_id: call_id.data, tool: tool.data, recorded: decisionOf(entry.facts) }
}

/** An outcome is about its intent; a question to a person is about the entry of its call that came later. */
async function firstOf(
  record: LedgerRecord,
  agentd: ReplayParts['agentd'],
  signal: AbortSignal,
): Promise<LedgerRecord> {
  const { type, intent, call_id } = record.entry
  if (type === 'intent' || type === 'refused' || call_id === undefined) return record
  if (intent !== undefined) return agentd.ledgerEntry(intent, signal)
  const { records } = await agentd.ledgerEntries({ call_id, limit: 50 }, signal)
  const ofType = (...types: readonly string[]) => records.find(({ entry }) => types.includes(entry.type))
  // What waits for a person, and what a person said no to, has no other entry that tells.
  return ofType('intent', 'refused') ?? ofType('approval_requested') ?? record
}

type WhyNot = readonly [reason: NonNullable<Replay['reason']>, message: string]

/** What keeps the very same grounds from being there; null where nothing does. */
async function whyNot(
  recorded: RecordedDecision,
  { decision }: KeptDecision,
  engine: ReplayParts['engine'],
  signal: AbortSignal,
): Promise<WhyNot | null> {
  const { prompt_digest: _, position: __, ...kept } = callDecision(decision, 0)
  const { position: ___, ...told } = recorded
  if (canonicalJson(kept) !== canonicalJson(told)) {
    return ['kept_mismatch', 'What was kept of this decision is not what the ledger says of it, so it proves nothing.']
  }
  const { state, model, error } = await engine.health(signal)
  if (state === 'failed') {
    throw error === undefined
      ? new CastellanError('engine_unavailable', 'The engine has no model that it can use.')
      : errorFromEnvelope(error)
  }
  if (model === null) {
    throw new CastellanError('engine_loading', 'The model is being loaded. Try again in a moment.', {
      retryAfterSeconds: 1,
    })
  }
  if (model.digest === recorded.model_digest) return null
  const id = recorded.model_digest.slice(0, 16)
  return [
    'model_changed',
    `It was decided by the model with the SHA-256 ${recorded.model_digest}, and ${model.name} (${model.digest}) is loaded now. ` +
      `Where that model is still here, \`agentctl model use ${id}\` brings it back, or \`agentctl model use configured\`.`,
  ]
}

/** The same request with the seed that was drawn then. It comes after whoever waits for an answer. */
async function askAgain(
  { request, decision }: KeptDecision,
  engine: ReplayParts['engine'],
  signal: AbortSignal,
): Promise<Answered | CastellanError> {
  const calls: Calls = []
  let answered: EngineDecision | undefined
  const hooks: EngineHooks = {
    onDecision: (told) => {
      answered = told.decision
    },
  }
  const again = { ...request, tools: [...request.tools], messages: [...request.messages] }
  const asked = { ...again, seed: decision.seed, priority: 'background' as const }
  for await (const event of engine.complete(asked as Parameters<LlamaEngine['complete']>[0], signal, hooks)) {
    if (event.type === 'error') return errorFromEnvelope(event.error)
    if (event.type === 'tool_call') calls.push({ name: event.name, args: event.args })
  }
  if (answered !== undefined) return { decision: answered, calls }
  return new CastellanError('engine_unavailable', 'The engine did not say what its answer came from.')
}

function compare(
  told: Told,
  recorded: RecordedDecision,
  kept: KeptDecision,
  answered: Answered | CastellanError,
): Replay {
  const before = plain(kept.calls)
  if (answered instanceof CastellanError) {
    const message = `The model was asked again and failed: ${answered.message}`
    return { ...impossible(told, 'engine_failed', message), before }
  }
  const { position: _, ...replayed } = callDecision(answered.decision, 0)
  const { calls: now } = answered
  const result = { ...impossible(told, 'model_changed', ''), replayed, before, now }
  const { modelDigest, promptDigest } = kept.decision
  if (replayed.model_digest !== modelDigest) {
    return { ...result, message: 'Another model was loaded while it was asked again. Replay it once more.' }
  }
  const other =
    replayed.engine === recorded.engine ? 'the same engine' : `${replayed.engine}; then it was ${recorded.engine}`
  if (replayed.prompt_digest !== promptDigest) {
    const message = `The prompt that was kept reads otherwise to the engine now (${other}), so this is another question.`
    return { ...result, reason: 'prompt_changed', message }
  }
  if (replayed.grammar_digest !== recorded.grammar_digest) {
    const message = `What the answer is forced into is another one now (${other}), so it may not answer as it did.`
    return { ...result, reason: 'grammar_changed', message }
  }
  const { reason: __, ...settled } = result
  if (canonicalJson(now) === canonicalJson(before)) {
    return { ...settled, verdict: 'same', message: `The model decides the same again: ${inWords(now)}.` }
  }
  const message = `On the same grounds the model decides otherwise: then ${inWords(before)}, now ${inWords(now)} (${other}).`
  return { ...settled, verdict: 'different', message }
}

function impossible({ index, call_id, tool, recorded }: Told, ...[reason, message]: WhyNot): Replay {
  return { index, call_id, tool, verdict: 'impossible', reason, message, recorded, replayed: null, before: [], now: [] }
}

function plain(calls: KeptDecision['calls']): Calls {
  return calls.map(({ name, args }) => ({ name, args }))
}

function inWords(calls: Calls): string {
  if (calls.length === 0) return 'no call'
  return calls.map(({ name, args }) => `${name} ${JSON.stringify(args)}`).join(', ')
}
