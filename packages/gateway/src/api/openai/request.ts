import { CallId, CastellanError, type EngineMessage, newId, type ToolDescriptor, ToolName } from '@castellan/contracts'
import type { ChatCompletionBody } from '@castellan/contracts/api'
import type { ModelRequest } from '../../engines/engine.ts'

/** A tool's result as text has no limits of its own here; nothing runs by it. */
const LIMITS: ToolDescriptor['limits'] = { timeoutMs: 60_000, outputBytes: 65_536, perMinute: 60 }

/** What OpenAI's clients ask, as our engines are asked. Throws `invalid_request` for what the local model cannot take. */
export function engineRequest(body: ChatCompletionBody): ModelRequest {
  const { max_completion_tokens, max_tokens, temperature, seed, tools = [], tool_choice } = body
  const maxTokens = max_completion_tokens ?? max_tokens
  return {
    messages: engineMessages(body.messages),
    tools: tool_choice === 'none' ? [] : tools.map(({ function: tool }) => engineTool(tool)),
    ...(maxTokens === undefined || maxTokens === null ? {} : { maxTokens }),
    ...(temperature === undefined || temperature === null ? {} : { temperature }),
    ...(seed === undefined || seed === null ? {} : { seed }),
  }
}

function engineTool({
  name,
  description = '',
  parameters = { type: 'object' },
}: NonNullable<ChatCompletionBody['tools']>[number]['function']): ToolDescriptor {
  return {
    name: toolName(name),
    title: name,
    description,
    effect: 'read',
    undo: 'none',
    limits: LIMITS,
    inputSchema: parameters,
    outputSchema: {},
  }
}

function toolName(text: string): ToolName {
  const name = ToolName.safeParse(text)
  if (name.success) return name.data
  throw new CastellanError(
    'invalid_request',
    `The model on this machine takes tools whose names are snake case, like get_weather; ${JSON.stringify(text)} is not.`,
  )
}

type Message = ChatCompletionBody['messages'][number]
type Called = Map<string, { call_id: CallId; name: string }>

function engineMessages(messages: readonly Message[]): EngineMessage[] {
  const called: Called = new Map()
  return messages.map((message) => engineMessage(message, called))
}

/** `called` is what the messages before it asked for, by the ids that the client knows. */
function engineMessage(message: Message, called: Called): EngineMessage {
  switch (message.role) {
    case 'system':
    case 'developer':
      return { role: 'system', text: textOf(message.content) }
    case 'user':
      return { role: 'user', text: textOf(message.content) }
    case 'assistant': {
      const calls = (message.tool_calls ?? []).map(({ id, function: { name, arguments: text } }) => {
        const known = CallId.safeParse(id)
        const call_id = known.success ? known.data : newId('call')
        called.set(id, { call_id, name })
        return { call_id, name, args: argumentsOf(name, text) }
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
