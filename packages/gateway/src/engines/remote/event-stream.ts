import { CastellanError } from '@castellan/contracts'

/** Longest event and longest answer, in characters and bytes. A model says a few hundred thousand at most. */
const MAX_EVENT_CHARACTERS = 4 * 1024 * 1024
export const MAX_ANSWER_BYTES = 32 * 1024 * 1024

/** A server-sent event that carries data. */
export interface StreamEvent {
  /** `message` where it was not named. */
  readonly type: string
  readonly data: string
}

/**
 * Reads server-sent events (HTML Standard, section 9.2.6) from bytes as they come: lines end with CR, LF or both, comments keep
 * alive, an event that the stream ends within is dropped. Throws `engine_garbled` on more than a model can have to say.
 */
export async function* readEventStream(body: AsyncIterable<Uint8Array>): AsyncGenerator<StreamEvent, void, void> {
  const decoder = new TextDecoder('utf-8')
  const reader = new EventReader()
  let bytes = 0
  for await (const piece of body) {
    bytes += piece.byteLength
    if (bytes > MAX_ANSWER_BYTES) throw tooMuch()
    yield* reader.read(decoder.decode(piece, { stream: true }))
  }
}

class EventReader {
  /** Pieces of the line that has not ended; joined once, so that a line in a thousand pieces costs no more than in one. */
  #line: string[] = []
  #size = 0
  #type = ''
  #data: string[] = []
  #afterReturn = false

  #keep(part: string): void {
    if (part === '') return
    this.#size += part.length
    if (this.#size > MAX_EVENT_CHARACTERS) throw tooMuch()
    this.#line.push(part)
  }

  *read(text: string): Generator<StreamEvent, void, void> {
    let from = 0
    // The line feed of a CRLF whose CR ended the text before this one.
    if (this.#afterReturn && text !== '') {
      if (text[0] === '\n') from = 1
      this.#afterReturn = false
    }
    for (;;) {
      const end = lineEnd(text, from)
      if (end === -1) return this.#keep(text.slice(from))
      this.#keep(text.slice(from, end))
      const line = this.#line.join('')
      this.#line = []
      from = end + 1
      if (text[end] === '\r') {
        if (from === text.length) this.#afterReturn = true
        else if (text[from] === '\n') from += 1
      }
      const event = this.#take(line)
      if (event !== null) yield event
    }
  }

  #take(line: string): StreamEvent | null {
    if (line === '') return this.#dispatch()
    const colon = line.indexOf(':')
    const field = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
    if (field === 'data') this.#data.push(value)
    else if (field === 'event') this.#type = value
    // What is no data does not stay, so it does not count towards the event: a stream of comments may go on for ever.
    if (field !== 'data') this.#size -= line.length
    return null
  }

  #dispatch(): StreamEvent | null {
    const event = this.#data.length === 0 ? null : { type: this.#type || 'message', data: this.#data.join('\n') }
    this.#data = []
    this.#type = ''
    this.#size = 0
    return event
  }
}

function lineEnd(text: string, from: number): number {
  const feed = text.indexOf('\n', from)
  const back = text.indexOf('\r', from)
  if (feed === -1 || back === -1) return Math.max(feed, back)
  return Math.min(feed, back)
}

function tooMuch(): CastellanError {
  return new CastellanError(
    'engine_garbled',
    'The provider sent more than any answer of a model can be, so it was cut off. Is this address that of a model’s API?',
  )
}
