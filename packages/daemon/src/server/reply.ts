import { once } from 'node:events'
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { CastellanError } from '@castellan/contracts'

/** A JSON answer with a status or headers of its own. */
export class Reply {
  readonly value: unknown
  readonly status: number
  readonly headers: OutgoingHttpHeaders

  constructor(value: unknown, status: number, headers: OutgoingHttpHeaders) {
    this.value = value
    this.status = status
    this.headers = headers
  }
}

/** An answer of one JSON value a line, sent as the values come. */
export class NdjsonReply {
  readonly values: AsyncIterable<unknown>

  constructor(values: AsyncIterable<unknown>) {
    this.values = values
  }
}

/** An answer of bytes as they come, with headers before and trailers after them. */
export class ByteReply {
  readonly body: AsyncIterable<Uint8Array>
  readonly headers: OutgoingHttpHeaders
  readonly trailers: () => Record<string, string>

  constructor(body: AsyncIterable<Uint8Array>, headers: OutgoingHttpHeaders, trailers: () => Record<string, string>) {
    this.body = body
    this.headers = headers
    this.trailers = trailers
  }
}

/** A handler's answer other than `200` with plain JSON. */
export function reply(value: unknown, options: { status?: number; headers?: OutgoingHttpHeaders } = {}): Reply {
  return new Reply(value, options.status ?? 200, options.headers ?? {})
}

/**
 * A handler's answer as newline-delimited JSON. The next value is asked for once the client has taken the last ones. An
 * error before the first value becomes an ordinary refusal; a later one cuts the connection, because the status is gone.
 */
export function ndjson(values: AsyncIterable<unknown>): NdjsonReply {
  return new NdjsonReply(values)
}

/**
 * A handler's answer as bytes. The headers go out at once, each piece as it comes, and the next one is asked for once the client
 * has taken the last. `trailers` is asked when the bytes are at an end. An error among them cuts the connection.
 */
export function bytes(
  body: AsyncIterable<Uint8Array>,
  options: { headers: OutgoingHttpHeaders; trailers: () => Record<string, string> },
): ByteReply {
  return new ByteReply(body, options.headers, options.trailers)
}

export function sendJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: OutgoingHttpHeaders = {},
): void {
  const text = `${JSON.stringify(value ?? null)}\n`
  response.writeHead(status, {
    ...headers,
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  })
  response.end(text)
}

export function sendError(response: ServerResponse, error: CastellanError, requestId: string): void {
  const retryAfter = error.retryAfterSeconds ?? (error.status === 429 || error.status === 503 ? 1 : undefined)
  const headers = retryAfter === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfter)) }
  sendJson(response, error.status, error.toEnvelope(requestId), headers)
}

export function sendNdjson(response: ServerResponse, { values }: NdjsonReply, signal: AbortSignal): Promise<void> {
  const begin = (): void => {
    if (!response.headersSent) response.writeHead(200, { 'content-type': 'application/x-ndjson; charset=utf-8' })
  }
  const lines = (value: unknown): string => {
    // Only now: an error before the first value becomes an ordinary refusal.
    begin()
    return `${JSON.stringify(value)}\n`
  }
  return pour(response, values, lines, signal, () => {
    begin()
    response.end()
  })
}

export function sendBytes(response: ServerResponse, reply: ByteReply, signal: AbortSignal): Promise<void> {
  const names = Object.keys(reply.trailers())
  const trailer = names.length === 0 ? {} : { trailer: names.join(', ') }
  response.writeHead(200, { 'content-type': 'application/octet-stream', ...trailer, ...reply.headers })
  response.flushHeaders()
  return pour(
    response,
    reply.body,
    (piece) => piece,
    signal,
    () => {
      response.addTrailers(reply.trailers())
      response.end()
    },
  )
}

/** Writes pieces as they come and as the client takes them. Stops at once where the client is gone. */
async function pour<T>(
  response: ServerResponse,
  pieces: AsyncIterable<T>,
  write: (piece: T) => string | Uint8Array,
  signal: AbortSignal,
  end: () => void,
): Promise<void> {
  const iterator = pieces[Symbol.asyncIterator]()
  const gone = new Promise<'gone'>((resolve) => {
    if (signal.aborted) resolve('gone')
    else signal.addEventListener('abort', () => resolve('gone'), { once: true })
  })
  try {
    for (;;) {
      const step = await Promise.race([iterator.next(), gone])
      if (step === 'gone' || step.done === true) break
      const room = response.write(write(step.value))
      if (!room) await Promise.race([once(response, 'drain', { signal }).catch(() => undefined), gone])
    }
  } finally {
    // Not awaited: a generator that waits for something slow would keep us here; it has the signal.
    void Promise.resolve(iterator.return?.()).catch(() => undefined)
  }
  if (signal.aborted) response.destroy()
  else end()
}
