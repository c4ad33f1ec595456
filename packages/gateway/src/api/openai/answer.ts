import { errorFromEnvelope, newId } from '@castellan/contracts'
import type { ChatCompletion, ChatCompletionChunk } from '@castellan/contracts/api'
import type { AnswerEvent } from '../../engines/engine.ts'
import { toCastellanError } from '../../plugins/errors.ts'
import { openAiError } from './errors.ts'
import type { ToolNames } from './names.ts'

/** What every part of one answer says of itself. */
export interface AnswerHead {
  readonly id: string
  /** Seconds since 1970. */
  readonly created: number
  readonly model: string
  /** Of the request's tools. */
  readonly names: ToolNames
}

export function newHead(model: string, names: ToolNames): AnswerHead {
  return { id: newId('call').replace('call_', 'chatcmpl-'), created: Math.floor(Date.now() / 1000), model, names }
}

type ToolCall = NonNullable<ChatCompletion['choices'][number]['message']['tool_calls']>[number]
type FinishReason = ChatCompletion['choices'][number]['finish_reason']
type Done = Extract<AnswerEvent, { type: 'done' }>

/** A whole answer. Throws what the engine fails with. */
export async function wholeAnswer(events: AsyncIterable<AnswerEvent>, head: AnswerHead): Promise<ChatCompletion> {
  let text = ''
  const calls: ToolCall[] = []
  let done: Done | undefined
  for await (const event of events) {
    if (event.type === 'error') throw errorFromEnvelope(event.error)
    if (event.type === 'tool_call') calls.push(toolCall(event, head))
    else if (event.type === 'done') done = event
    else text += wordsOf(event)
  }
  const message = { role: 'assistant' as const, content: text === '' && calls.length > 0 ? null : text, refusal: null }
  return {
    ...{ id: head.id, object: 'chat.completion', created: head.created, model: head.model },
    choices: [
      {
        index: 0,
        message: { ...message, ...(calls.length === 0 ? {} : { tool_calls: calls }) },
        logprobs: null,
        finish_reason: finishOf(done, calls.length),
      },
    ],
    usage: usageOf(done),
  }
}

/** An answer as server-sent events (WHATWG HTML, section 9.2), ended by `[DONE]`. What fails on the way is its last event. */
export async function* streamedAnswer(
  events: AsyncIterable<AnswerEvent>,
  head: AnswerHead,
  withUsage: boolean,
): AsyncGenerator<string, void, void> {
  type Delta = ChatCompletionChunk['choices'][number]['delta']
  const base = { id: head.id, object: 'chat.completion.chunk' as const, created: head.created, model: head.model }
  const chunk = (delta: Delta, finish_reason: FinishReason | null = null) =>
    sse({ ...base, choices: [{ index: 0, delta, finish_reason }] } satisfies ChatCompletionChunk)

  yield chunk({ role: 'assistant', content: '' })
  let calls = 0
  try {
    for await (const event of events) {
      if (event.type === 'error') throw errorFromEnvelope(event.error)
      if (event.type === 'tool_call') {
        yield chunk({ tool_calls: [{ index: calls, ...toolCall(event, head) }] })
        calls += 1
      } else if (event.type === 'done') {
        yield chunk({}, finishOf(event, calls))
        if (withUsage) yield sse({ ...base, choices: [], usage: usageOf(event) } satisfies ChatCompletionChunk)
      } else {
        const content = wordsOf(event)
        if (content !== '') yield chunk({ content })
      }
    }
    yield 'data: [DONE]\n\n'
  } catch (error) {
    yield sse(openAiError(toCastellanError(error)))
  }
}

function sse(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`
}

/** Text as it comes; readings that the built-in model offers, as a list. Thoughts and notices are no part of the answer. */
function wordsOf(event: AnswerEvent): string {
  if (event.type === 'text') return event.text
  if (event.type !== 'choices') return ''
  return ['Did you mean one of these?', ...event.choices.map(({ label }) => `- ${label}`)].join('\n')
}

function toolCall({ name, args }: Extract<AnswerEvent, { type: 'tool_call' }>, { names }: AnswerHead): ToolCall {
  return { id: newId('call'), type: 'function', function: { name: names.given(name), arguments: JSON.stringify(args) } }
}

function finishOf(done: Done | undefined, calls: number): FinishReason {
  if (calls > 0) return 'tool_calls'
  if (done?.reason === 'refused') return 'content_filter'
  return done?.reason === 'length' ? 'length' : 'stop'
}

function usageOf(done: Done | undefined): ChatCompletion['usage'] {
  const prompt_tokens = done?.usage.promptTokens ?? 0
  const completion_tokens = done?.usage.outputTokens ?? 0
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens }
}
