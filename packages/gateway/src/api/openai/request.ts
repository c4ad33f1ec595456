import { CallId, CastellanError, type EngineMessage, newId, type ToolDescriptor } from '@castellan/contracts'
import type { ChatCompletionBody } from '@castellan/contracts/api'
import type { ModelRequest } from '../../engines/engine.ts'
import { demanding, demandOf } from './demand.ts'
import type { ToolNames } from './names.ts'

/** A tool's result as text has no limits of its own here; nothing runs by it. */
const LIMITS: ToolDescriptor['limits'] = { timeoutMs: 60_000, outputBytes: 65_536, perMinute: 60 }

/** What OpenAI's clients ask, as our engines are asked. Throws `invalid_request` for what the local model cannot take. */
export function engineRequest(body: ChatCompletionBody, names: ToolNames): ModelRequest {
  const { max_completion_tokens, max_tokens, temperature, seed } = body
  const maxTokens = max_completion_tokens ?? max_tokens
  const request: ModelRequest = {
    messages: engineMessages(body.messages, names),
    tools: chosenTools(body).map(({ function: tool }) => engineTool(tool, names)),
    ...(maxTokens === undefined || maxTokens === null ? {} : { maxTokens }),
    ...(temperature === undefined || temperature === null ? {} : { temperature }),
    ...(seed === undefined || seed === null ? {} : { seed }),
  }
  const demand = demandOf(body)
  return demand === undefined
    ? request
    : demanding(request, demand, (schema) =>
        engineTool({ name: 'json', parameters: schema as Tool['parameters'] }, names),
      )
}

type Tool = NonNullable<ChatCompletionBody['tools']>[number]['function']

/** The tools that the model may call now. */
function chosenTools({
  tools = [],
  tool_choice: choice,
}: ChatCompletionBody): NonNullable<ChatCompletionBody['tools']> {
  if (choice === 'none') return []
  if (choice === 'required' && tools.length === 0) {
    throw new CastellanError('invalid_request', 'tool_choice demands a call, and there are no tools; send some.')
  }
  if (typeof choice !== 'object' || choice === null) return tools
  const { name } = choice.function
  const chosen = tools.filter((tool) => tool.function.name === name)
  if (chosen.length > 0) return chosen
  throw new CastellanError('invalid_request', `tool_choice names ${name}, which is not among the tools.`)
}

function engineTool(
  { name, description = '', parameters = { type: 'object' } }: Tool,
  names: ToolNames,
): ToolDescriptor {
  return {
    name: names.wire(name),
    title: name,
    description,
    effect: 'read',
    undo: 'none',
    limits: LIMITS,
    inputSchema: parameters,
    outputSchema: {},
  }
}

type Message = ChatCompletionBody['messages'][number]
type Called = Map<string, { call_id: CallId; name: string }>

function engineMessages(messages: readonly Message[], names: ToolNames): EngineMessage[] {
  const called: Called = new Map()
  return messages.map((message) => engineMessage(message, called, names))
}

/** `called` is what the messages before it asked for, by the ids that the client knows. */
function engineMessage(message: Message, called: Called, names: ToolNames): EngineMessage {
  switch (message.role) {
    case 'system':
    case 'developer':
      return { role: 'system', text: textOf(message.content) }
    case 'user':
      return { role: 'user', text: textOf(message.content) }
    case 'assistant': {
      const calls = (message.tool_calls ?? []).map(({ id, function: { name: given, arguments: text } }) => {
        const name = names.wire(given)
        const known = CallId.safeParse(id)
        const call_id = known.success ? known.data : newId('call')
        called.set(id, { call_id, name })
        return { call_id, name, args: argumentsOf(given, text) }
      })
      return { role: 'assistant', text: textOf(message.content ?? ''), calls }
    }
    case 'tool': {
      const call = called.get(message.tool_call_id)
      if (call === undefined) {
        throw new CastellanError(
          'invalid_request',
          `A tool message answers ${JSON.stringify(message.tool_call_id)}, which no message before it asked for.`,
        )
      }
      const text = textOf(message.content)
      return { role: 'tool', ...call, ok: true, summary: text, result: jsonOr(text), ledger_index: null }
    }
  }
}

function textOf(content: string | readonly { text: string }[]): string {
  return typeof content === 'string' ? content : content.map(({ text }) => text).join('\n')
}

function argumentsOf(name: string, text: string): Record<string, unknown> {
  const value = jsonOr(text)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new CastellanError('invalid_request', `The arguments of the earlier call of ${name} are no JSON object.`)
}

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
