import type { EngineChoice, EngineMessage } from '@castellan/contracts'
import type { ModelRequest } from '../engine.ts'
import { parametersOf, resultText, systemText, wireJson, wireName } from '../remote/tool-calls.ts'

export type AnthropicChoice = Extract<EngineChoice, { engine: 'anthropic' }>

/** The API wants a limit with every request. */
const DEFAULT_OUTPUT_TOKENS = 8_192
/** Marks the end of what the provider may keep for five minutes, which makes the next request of a turn cheaper. */
const CACHED = { cache_control: { type: 'ephemeral' } }

interface WireMessage {
  readonly role: 'user' | 'assistant'
  readonly content: Record<string, unknown>[]
}

/** The body of `POST /v1/messages` (docs.claude.com, Messages API, version 2023-06-01). */
export function requestBody({ messages, tools, ...asked }: ModelRequest, choice: AnthropicChoice): string {
  const system = systemText(messages)
  const { thinking_tokens: budget } = choice
  const { maxTokens = choice.max_output_tokens ?? DEFAULT_OUTPUT_TOKENS, temperature = choice.temperature } = asked
  return wireJson({
    model: choice.model,
    // What the model thinks counts towards the limit.
    max_tokens: maxTokens + (budget ?? 0),
    ...(system === '' ? {} : { system: [{ type: 'text', text: system, ...CACHED }] }),
    messages: wireMessages(messages, choice),
    ...(tools.length === 0 ? {} : { tools: tools.map(wireTool) }),
    ...(budget === undefined ? {} : { thinking: { type: 'enabled', budget_tokens: budget } }),
    // The API takes no temperature beside thinking.
    ...(temperature === undefined || budget !== undefined ? {} : { temperature: Math.min(1, temperature) }),
    stream: true,
  })
}

/** Messages in turns: the results of calls are the user's, and what one side says in a row is one message. */
function wireMessages(messages: readonly EngineMessage[], choice: AnthropicChoice): WireMessage[] {
  const wire: WireMessage[] = []
  for (const message of messages) {
    const content = blocksOf(message, choice)
    if (content.length === 0) continue
    const role = message.role === 'assistant' ? 'assistant' : 'user'
    const last = wire.at(-1)
    if (last?.role === role) last.content.push(...content)
    else wire.push({ role, content })
  }
  const end = wire.at(-1)?.content.at(-1)
  if (end !== undefined) Object.assign(end, CACHED)
  return wire
}

function blocksOf(message: EngineMessage, { model, thinking_tokens }: AnthropicChoice): Record<string, unknown>[] {
  switch (message.role) {
    case 'system':
      return []
    case 'user':
      return [{ type: 'text', text: message.text }]
    case 'assistant': {
      const { text, calls, kept } = message
      // Signed thoughts are only good for the model they are of, and only while it may think.
      const thoughts = kept?.model === model && thinking_tokens !== undefined ? kept.blocks : []
      return [
        ...(thoughts as Record<string, unknown>[]),
        ...(text.trim() === '' ? [] : [{ type: 'text', text }]),
        ...calls.map(({ call_id, name, args }) => {
          return { type: 'tool_use', id: call_id, name: wireName(name), input: args }
        }),
      ]
    }
    case 'tool': {
      const failed = message.ok ? {} : { is_error: true }
      return [{ type: 'tool_result', tool_use_id: message.call_id, content: resultText(message), ...failed }]
    }
  }
}

function wireTool({ name, description, inputSchema }: ModelRequest['tools'][number]): unknown {
  return { name, description, input_schema: parametersOf(inputSchema) }
}
