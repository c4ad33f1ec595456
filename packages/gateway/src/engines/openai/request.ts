import { createHash } from 'node:crypto'
import type { EngineChoice, EngineMessage } from '@castellan/contracts'
import type { ModelRequest } from '../engine.ts'
import { parametersOf, resultText, systemText, wireJson, wireName } from '../remote/tool-calls.ts'

export type OpenAiChoice = Extract<EngineChoice, { engine: 'openai' }>

/** OpenAI's own API knows the newer name of the limit only, servers of the same kind mostly the older one. */
const OWN_HOST = 'api.openai.com'

/** The body of `POST /chat/completions` (platform.openai.com, API reference, Chat), as all compatible servers take it. */
export function requestBody({ messages, tools, ...asked }: ModelRequest, choice: OpenAiChoice, host: string): string {
  const limit = host === OWN_HOST ? 'max_completion_tokens' : 'max_tokens'
  const { maxTokens = choice.max_output_tokens, temperature = choice.temperature, seed } = asked
  return wireJson({
    model: choice.model,
    messages: wireMessages(messages, choice.model),
    ...(tools.length === 0 ? {} : { tools: tools.map(wireTool) }),
    stream: true,
    stream_options: { include_usage: true },
    ...(maxTokens === undefined ? {} : { [limit]: maxTokens }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(seed === undefined ? {} : { seed }),
  })
}

function wireMessages(messages: readonly EngineMessage[], model: string): unknown[] {
  const system = systemText(messages)
  const rest = messages.flatMap((message) => wireMessage(message, model))
  return system === '' ? rest : [{ role: 'system', content: system }, ...rest]
}

function wireMessage(message: EngineMessage, model: string): unknown[] {
  switch (message.role) {
    case 'system':
      return []
    case 'user':
      return [{ role: 'user', content: message.text }]
    case 'assistant':
      return assistantMessage(message, model)
    case 'tool':
      return [{ role: 'tool', tool_call_id: wireId(message.call_id), content: resultText(message) }]
  }
}

function assistantMessage(
  { text, calls, kept }: Extract<EngineMessage, { role: 'assistant' }>,
  model: string,
): unknown[] {
  if (calls.length === 0) return text === '' ? [] : [{ role: 'assistant', content: text }]
  const tool_calls = calls.map(({ call_id, name, args }) => {
    return {
      id: wireId(call_id),
      type: 'function',
      function: { name: wireName(name), arguments: JSON.stringify(args) },
    }
  })
  // What the model thought before it called goes back to it, and to no other (api-docs.deepseek.com, Thinking Mode).
  const thought = kept?.model === model ? (kept.blocks[0] as Record<string, unknown> | undefined) : undefined
  return [{ ...thought, role: 'assistant', content: text === '' ? null : text, tool_calls }]
}

function wireTool({ name, description, inputSchema }: ModelRequest['tools'][number]): unknown {
  return { type: 'function', function: { name, description, parameters: parametersOf(inputSchema) } }
}

/** Some servers (Mistral’s models) take nothing but nine letters and digits for a call’s id; ours, made shorter, always fits. */
function wireId(callId: string): string {
  return createHash('sha256').update(callId).digest('hex').slice(0, 9)
}
