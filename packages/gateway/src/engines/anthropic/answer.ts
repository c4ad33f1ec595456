import { CastellanError } from '@castellan/contracts'
import type { AnswerEvent, Usage } from '../engine.ts'
import { readEventStream } from '../remote/event-stream.ts'
import { failureInStream } from '../remote/failure.ts'
import { countOf, jsonOf, type Loose, objectOf, stringOf } from '../remote/json.ts'
import type { ReadBody } from '../remote/remote.ts'
import { MAX_CALLS_OF_ANSWER, toolCallEvent } from '../remote/tool-calls.ts'

/** A content block while it comes. */
interface Block {
  readonly type: string
  readonly start: Loose
  readonly parts: string[]
  signature: string
}

/**
 * Reads a streamed message (docs.claude.com, Streaming Messages). Calls are passed on only once the message says how it ended.
 * Events and blocks of unknown types are passed over, as the API asks of its readers. Throws `engine_crashed` where the stream
 * ends within the message, `engine_garbled` where it is none, and what an error event tells.
 */
export async function* readAnswer(
  { body, host, secrets }: ReadBody,
  model: string,
): AsyncGenerator<AnswerEvent, void, void> {
  const message = new Message(model)
  for await (const { data } of readEventStream(body)) {
    const event = jsonOf(data)
    if (event === undefined) throw garbled()
    if (objectOf(event).type === 'error') throw failureInStream(event, host, secrets)
    yield* message.take(objectOf(event))
    if (message.ended) break
  }
  yield* message.end()
}

class Message {
  readonly #model: string
  readonly #started = performance.now()
  readonly #blocks = new Map<unknown, Block>()
  #usage: Loose = {}
  #reason: string | null = null
  #begun = false
  ended = false

  constructor(model: string) {
    this.#model = model
  }

  *take(event: Loose): Generator<AnswerEvent, void, void> {
    switch (event.type) {
      case 'message_start':
        this.#begun = true
        this.#usage = objectOf(objectOf(event.message).usage)
        return
      case 'content_block_start':
        return yield* this.#begin(event.index, objectOf(event.content_block))
      case 'content_block_delta':
        return yield* this.#add(event.index, objectOf(event.delta))
      case 'message_delta': {
        const reason = objectOf(event.delta).stop_reason
        if (typeof reason === 'string') this.#reason = reason
        // These counts are of the whole message, and come instead of those before them.
        this.#usage = { ...this.#usage, ...objectOf(event.usage) }
        return
      }
      case 'message_stop':
        this.ended = true
    }
  }

  *end(): Generator<AnswerEvent, void, void> {
    if (!this.#begun) throw garbled()
    if (this.#reason === null) {
      throw new CastellanError(
        'engine_crashed',
        'The provider’s answer ended before it was complete, and no call in it was made. Say it again.',
      )
    }
    const calls = this.#of('tool_use')
    for (const { start, parts } of calls) yield callOf(start, parts)
    const kept = this.#of('thinking', 'redacted_thinking').map(thoughtOf)
    yield {
      type: 'done',
      reason: reasonOf(this.#reason, calls.length > 0),
      usage: usageOf(this.#usage, performance.now() - this.#started),
      ...(kept.length === 0 ? {} : { kept: { model: this.#model, blocks: kept } }),
    }
  }

  *#begin(index: unknown, start: Loose): Generator<AnswerEvent, void, void> {
    if (this.#blocks.size >= MAX_BLOCKS) throw garbled()
    this.#blocks.set(index, { type: stringOf(start.type), start, parts: [], signature: '' })
    if (start.type === 'text' && stringOf(start.text) !== '') yield { type: 'text', text: stringOf(start.text) }
  }

  *#add(index: unknown, delta: Loose): Generator<AnswerEvent, void, void> {
    const block = this.#blocks.get(index)
    if (block === undefined) throw garbled()
    switch (delta.type) {
      case 'text_delta': {
        const text = stringOf(delta.text)
        if (text !== '') yield { type: 'text', text }
        return
      }
      case 'thinking_delta': {
        const text = stringOf(delta.thinking)
        block.parts.push(text)
        if (text !== '') yield { type: 'reasoning', text }
        return
      }
      case 'signature_delta':
        block.signature += stringOf(delta.signature)
        return
      case 'input_json_delta':
        block.parts.push(stringOf(delta.partial_json))
    }
  }

  #of(...types: string[]): Block[] {
    return [...this.#blocks.values()].filter(({ type }) => types.includes(type))
  }
}

/** Calls, and the texts and thoughts between them. */
const MAX_BLOCKS = 4 * MAX_CALLS_OF_ANSWER

/** The input comes in pieces after an empty object; where no piece came, what the block began with is all of it. */
function callOf({ name, input }: Loose, parts: readonly string[]): AnswerEvent {
  const text = parts.join('')
  return toolCallEvent(stringOf(name), text === '' ? JSON.stringify(objectOf(input)) : text)
}

function thoughtOf({ type, start, parts, signature }: Block): Loose {
  if (type === 'redacted_thinking') return { type, data: stringOf(start.data) }
  return { type, thinking: parts.join(''), signature }
}

function reasonOf(reason: string, calls: boolean): Extract<AnswerEvent, { type: 'done' }>['reason'] {
  switch (reason) {
    case 'refusal':
      return 'refused'
    case 'max_tokens':
    case 'model_context_window_exceeded':
      return 'length'
    default:
      return calls ? 'tool_calls' : 'stop'
  }
}

/** The API counts what came from its cache, and what went into it, apart from the rest of the input. */
function usageOf(usage: Loose, durationMs: number): Usage {
  const fresh = countOf(usage.input_tokens)
  const read = countOf(usage.cache_read_input_tokens) ?? 0
  const written = countOf(usage.cache_creation_input_tokens) ?? 0
  return {
    promptTokens: fresh === null ? null : fresh + read + written,
    outputTokens: countOf(usage.output_tokens),
    durationMs,
    cacheReadTokens: read,
    cacheWriteTokens: written,
  }
}

function garbled(): CastellanError {
  return new CastellanError(
    'engine_garbled',
    'What came back is no streamed message. Is the address that of the Messages API, as in https://api.anthropic.com?',
  )
}
