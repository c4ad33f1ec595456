import { CastellanError } from '@castellan/contracts'
import type { AnswerEvent, Usage } from '../engine.ts'
import { readEventStream } from '../remote/event-stream.ts'
import { failureInStream } from '../remote/failure.ts'
import { countOf, jsonOf, type Loose, listOf, objectOf, stringOf } from '../remote/json.ts'
import type { ReadBody } from '../remote/remote.ts'
import { MAX_CALLS_OF_ANSWER, toolCallEvent } from '../remote/tool-calls.ts'

interface Call {
  readonly id: string
  name: string
  readonly parts: string[]
}

/**
 * Reads the answer to a chat completion, streamed or whole. Calls are passed on only once the answer says how it ended, so that
 * nothing is done on the word of half an answer. Throws `engine_crashed` where it ends without saying so, `engine_garbled`
 * where it is none, and what an error event within it tells.
 */
export async function* readAnswer(response: ReadBody, model: string): AsyncGenerator<AnswerEvent, void, void> {
  const answer = new Answer(model)
  for await (const chunk of chunksOf(response)) {
    if (chunk.error !== undefined && chunk.error !== null) throw failureInStream(chunk, response.host, response.secrets)
    yield* answer.take(chunk)
  }
  yield* answer.end()
}

/** The chunks of a stream, or the one message of a server that does not stream. */
async function* chunksOf(response: ReadBody): AsyncGenerator<Loose, void, void> {
  if (response.contentType.startsWith('application/json')) {
    yield wholeMessage(await readWhole(response.body))
    return
  }
  for await (const { type, data } of readEventStream(response.body)) {
    if (data === '[DONE]') {
      yield DONE
      return
    }
    const chunk = jsonOf(data)
    if (chunk === undefined) throw garbled()
    yield type === 'error' && objectOf(chunk).error === undefined ? { error: chunk } : objectOf(chunk)
  }
}

const DONE: Loose = { done: true }

class Answer {
  readonly #model: string
  readonly #started = performance.now()
  readonly #calls: Call[] = []
  readonly #byIndex = new Map<unknown, Call>()
  #reason: string | null = null
  #said = false
  /** What came as `reasoning_content`, whose servers want it back with the calls that it led to. */
  #thought = ''
  #declined = false
  #done = false
  #usage: Loose = {}

  constructor(model: string) {
    this.#model = model
  }

  *take(chunk: Loose): Generator<AnswerEvent, void, void> {
    if (chunk === DONE) {
      this.#done = true
      return
    }
    if (chunk.usage !== undefined && chunk.usage !== null) this.#usage = objectOf(chunk.usage)
    // An empty list is a chunk that only counts; further choices were not asked for.
    const choice = objectOf(listOf(chunk.choices)[0])
    const delta = objectOf(choice.delta)
    const own = stringOf(delta.reasoning_content)
    this.#thought += own
    const thought = own || stringOf(delta.reasoning)
    if (thought !== '') yield { type: 'reasoning', text: thought }
    yield* this.#content(delta.content)
    const refusal = stringOf(delta.refusal)
    if (refusal !== '') {
      this.#declined = true
      yield* this.#say(refusal)
    }
    for (const call of listOf(delta.tool_calls)) this.#addCall(objectOf(call))
    if (typeof choice.finish_reason === 'string') this.#reason = choice.finish_reason
  }

  *end(): Generator<AnswerEvent, void, void> {
    if (this.#reason === null && !(this.#done && (this.#said || this.#calls.length > 0))) {
      if (this.#done) throw garbled()
      throw new CastellanError(
        'engine_crashed',
        'The provider’s answer ended before it was complete, and no call in it was made. Say it again.',
      )
    }
    for (const { name, parts } of this.#calls) yield toolCallEvent(name, parts.join(''))
    const usage = usageOf(this.#usage, performance.now() - this.#started)
    const isWanted = this.#thought !== '' && this.#calls.length > 0
    const kept = { model: this.#model, blocks: [{ reasoning_content: this.#thought }] }
    yield { type: 'done', reason: this.#ending(), usage, ...(isWanted ? { kept } : {}) }
  }

  #ending(): Extract<AnswerEvent, { type: 'done' }>['reason'] {
    if (this.#declined || this.#reason === 'content_filter') return 'refused'
    if (this.#reason === 'length') return 'length'
    return this.#calls.length > 0 ? 'tool_calls' : 'stop'
  }

  /** Text, or the list of parts that some models answer with. */
  *#content(content: unknown): Generator<AnswerEvent, void, void> {
    if (typeof content === 'string') return yield* this.#say(content)
    for (const part of listOf(content)) {
      const { type, text, thinking } = objectOf(part)
      if (type === 'text') yield* this.#say(stringOf(text))
      if (type !== 'thinking') continue
      const thought = listOf(thinking)
        .map((piece) => stringOf(objectOf(piece).text))
        .join('')
      if (thought !== '') yield { type: 'reasoning', text: thought }
    }
  }

  *#say(text: string): Generator<AnswerEvent, void, void> {
    if (text === '') return
    this.#said = true
    yield { type: 'text', text }
  }

  /**
   * A piece of a call. They belong together by `index`, which may leave gaps; servers that give none, or the same to all, tell
   * calls apart by a new id.
   */
  #addCall({ index, id, function: given }: Loose): void {
    const { name, arguments: args } = objectOf(given)
    const known = index === undefined ? this.#calls.at(-1) : this.#byIndex.get(index)
    const isOther = stringOf(id) !== '' && known !== undefined && known.id !== '' && known.id !== id
    let call = isOther ? undefined : known
    if (call === undefined) {
      if (this.#calls.length >= MAX_CALLS_OF_ANSWER) throw garbled()
      call = { id: stringOf(id), name: '', parts: [] }
      this.#calls.push(call)
    }
    this.#byIndex.set(index, call)
    // Names come whole; the few servers that repeat them with each piece must not double them.
    if (call.name === '') call.name = stringOf(name)
    if (typeof args === 'string') call.parts.push(args)
    else if (args !== undefined && args !== null) call.parts.push(JSON.stringify(args))
  }
}

function usageOf(usage: Loose, durationMs: number): Usage {
  const cached = countOf(objectOf(usage.prompt_tokens_details).cached_tokens)
  return {
    promptTokens: countOf(usage.prompt_tokens),
    outputTokens: countOf(usage.completion_tokens),
    durationMs,
    ...(cached === null ? {} : { cacheReadTokens: cached }),
    ...(typeof usage.cost === 'number' && usage.cost >= 0 ? { cost: usage.cost } : {}),
  }
}

/** A completion that came in one piece, as the last chunk of a stream would have it. */
function wholeMessage(text: string): Loose {
  const value = jsonOf(text)
  if (value === undefined) throw garbled()
  const completion = objectOf(value)
  const choices = listOf(completion.choices).map((choice) => {
    const { message, ...rest } = objectOf(choice)
    return { ...rest, delta: message }
  })
  return { ...completion, choices }
}

async function readWhole(body: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder()
  const parts: string[] = []
  let bytes = 0
  for await (const piece of body) {
    bytes += piece.byteLength
    if (bytes > MAX_WHOLE_BYTES) throw garbled()
    parts.push(decoder.decode(piece, { stream: true }))
  }
  return parts.join('')
}

const MAX_WHOLE_BYTES = 4 * 1024 * 1024

function garbled(): CastellanError {
  return new CastellanError(
    'engine_garbled',
    'What came back is no answer of a chat completion. Does the address end where the API begins, as in https://api.openai.com/v1?',
  )
}
