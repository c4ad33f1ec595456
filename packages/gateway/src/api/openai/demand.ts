import {
  CastellanError,
  type EngineMessage,
  errorFromEnvelope,
  type ToolDescriptor,
  ToolName,
} from '@castellan/contracts'
import type { ChatCompletionBody } from '@castellan/contracts/api'
import type { AnswerEvent, ModelRequest, Usage } from '../../engines/engine.ts'

/** How often a model is asked before its answer is refused. */
const TRIES = 2
/** The tool whose arguments are the answer: the engine forces arguments into their schema, and words into none. */
const ANSWER = ToolName.parse('answer_as_json')

type Call = Extract<AnswerEvent, { type: 'tool_call' }>
type Done = Extract<AnswerEvent, { type: 'done' }>

/** What an answer has to be, beyond what the model happens to say. */
export interface Demand {
  /** `call`: of one of the tools. `json`: one object, or a call. */
  readonly kind: 'call' | 'json'
  /** JSON Schema of the object. */
  readonly schema: Record<string, unknown>
}

/** What `tool_choice` and `response_format` ask for; undefined where any answer will do. */
export function demandOf({ tool_choice, response_format }: ChatCompletionBody): Demand | undefined {
  const isCall = tool_choice === 'required' || (typeof tool_choice === 'object' && tool_choice !== null)
  if (isCall) return { kind: 'call', schema: {} }
  if (response_format?.type === 'json_object') return { kind: 'json', schema: { type: 'object' } }
  if (response_format?.type !== 'json_schema') return undefined
  return { kind: 'json', schema: { ...response_format.json_schema.schema, type: 'object' } }
}

/** The request with what makes the model keep to a demand. */
export function demanding(
  request: ModelRequest,
  demand: Demand,
  tool: (schema: object) => ToolDescriptor,
): ModelRequest {
  const text =
    demand.kind === 'call'
      ? 'Answer by calling one of your tools, and with no words.'
      : `Answer with one JSON object and nothing else: call ${ANSWER} with it, or write it without any words around it. It has to fit this JSON Schema: ${JSON.stringify(demand.schema)}`
  return {
    ...request,
    messages: [{ role: 'system', text }, ...request.messages],
    tools: demand.kind === 'call' ? request.tools : [...request.tools, { ...tool(demand.schema), name: ANSWER }],
  }
}

/**
 * Asks until the answer is what is demanded, and yields it then. Throws `engine_garbled` where the model does not manage, and
 * what it fails with.
 */
export async function* demanded(
  ask: (request: ModelRequest) => AsyncIterable<AnswerEvent>,
  request: ModelRequest,
  demand: Demand,
): AsyncGenerator<AnswerEvent, void, void> {
  const usage: Usage[] = []
  let messages: EngineMessage[] = request.messages
  let problem = ''
  for (let tries = 0; tries < TRIES; tries++) {
    const answer = await read(ask({ ...request, messages }))
    usage.push(answer.done.usage)
    const done = { ...answer.done, usage: sum(usage) }
    const kept = judged(answer, demand)
    if (typeof kept !== 'string') {
      yield* kept
      yield done
      return
    }
    problem = kept
    messages = [
      ...messages,
      { role: 'assistant', text: answer.text, calls: [] },
      { role: 'user', text: `That does not do: ${problem}. Answer again, as you were told to.` },
    ]
  }
  throw new CastellanError(
    'engine_garbled',
    `The model on this machine did not keep to what was asked of its answer: ${problem}. Ask more simply, or use a larger model.`,
  )
}

interface Answer {
  readonly text: string
  readonly calls: readonly Call[]
  readonly done: Done
}

async function read(events: AsyncIterable<AnswerEvent>): Promise<Answer> {
  let text = ''
  const calls: Call[] = []
  for await (const event of events) {
    if (event.type === 'text') text += event.text
    else if (event.type === 'tool_call') calls.push(event)
    else if (event.type === 'error') throw errorFromEnvelope(event.error)
    else if (event.type === 'done') return { text, calls, done: event }
  }
  throw new CastellanError('engine_crashed', 'The engine ended its answer without saying so. Ask again.')
}

/** What of an answer is passed on, or what is wrong with it. */
function judged({ text, calls, done }: Answer, { kind, schema }: Demand): readonly AnswerEvent[] | string {
  const others = calls.filter(({ name }) => name !== ANSWER)
  if (others.length > 0) return others
  if (kind === 'call') return 'it calls no tool'
  const value = calls[0]?.args ?? objectIn(text)
  // What was cut is the client's to judge, as it said how long an answer may be.
  if (value === undefined) return done.reason === 'length' ? [{ type: 'text', text }] : 'it is not one JSON object'
  const missing = listOf(schema.required).filter((name) => !Object.hasOwn(value, name))
  if (missing.length > 0) return `${missing.map((name) => JSON.stringify(name)).join(', ')} is missing in it`
  return [{ type: 'text', text: JSON.stringify(value) }]
}

/** The object that a text is, in a fence of Markdown perhaps. */
function objectIn(text: string): Record<string, unknown> | undefined {
  const bare = /^\s*```(?:json)?\s*\n([\s\S]*?)\n\s*```\s*$/.exec(text)?.[1] ?? text
  try {
    const value: unknown = JSON.parse(bare)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

function listOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((name) => typeof name === 'string') : []
}

function sum(all: readonly Usage[]): Usage {
  const total = (of: (usage: Usage) => number | null) => all.reduce((sum, usage) => sum + (of(usage) ?? 0), 0)
  return {
    promptTokens: total(({ promptTokens }) => promptTokens),
    outputTokens: total(({ outputTokens }) => outputTokens),
    durationMs: total(({ durationMs }) => durationMs),
  }
}
