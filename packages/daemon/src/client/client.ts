import type { Agent, IncomingMessage } from 'node:http'
import { CastellanError, type ErrorCode, ErrorEnvelope, errorFromEnvelope } from '@castellan/contracts'
import type { z } from 'zod'
import { http } from '../net/http.ts'
import type { Method } from '../server/route.ts'
import { readLines } from './lines.ts'

const DEFAULT_TIMEOUT_MS = 30_000
/** Largest JSON answer and largest line of a stream, in bytes. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024
/** Headers and trailers of an answer, in bytes. */
const MAX_HEADER_BYTES = 64 * 1024

export interface UnixClientOptions {
  readonly socketPath: string
  /** The other process, for sentences: `agentd`. */
  readonly peer: string
  /** The code when the other process cannot be reached or goes away. */
  readonly unavailable: ErrorCode
  /** How long a whole request may take, in milliseconds; 30 s without it. */
  readonly timeoutMs?: number
  /** The `traceparent` (W3C Trace Context) of what asks, where it is traced. */
  readonly traceparent?: () => string | undefined
}

export interface UnixRequest<Schema extends z.ZodType> {
  /** What every answer other than a refusal must look like; for a stream, each of its values. */
  readonly schema: Schema
  /** Sent as JSON. */
  readonly body?: unknown
  readonly signal?: AbortSignal | undefined
  /** For a whole request, or until a stream's answer begins; in milliseconds. */
  readonly timeoutMs?: number
  /** Passed on as `X-Request-Id`, so that one request can be followed through the logs of every process. */
  readonly requestId?: string
}

/** An answer of bytes, once its headers are there. */
export interface ByteAnswer {
  /** One of its headers; undefined where it is not there. */
  readonly header: (name: string) => string | undefined
  /** One of its trailers, after the body has ended. */
  readonly trailer: (name: string) => string | undefined
  /** As it comes; ends early with an error where the connection broke. Leaving it closes the request. */
  readonly body: AsyncIterable<Uint8Array>
  /** Closes the request where nobody will read the body. */
  readonly close: () => void
}

/**
 * HTTP/JSON to another process's Unix socket, over kept connections. Throws the other side's refusals as `CastellanError` with
 * their code; `unavailable` where there is no answer; `deadline_exceeded`; `cancelled` where `signal` was aborted; `internal`
 * where the answer is not what was agreed. A request that has been sent is never repeated by the client.
 */
export class UnixClient {
  readonly #options: UnixClientOptions
  readonly #agent: Agent

  constructor(options: UnixClientOptions) {
    this.#options = options
    this.#agent = new http.Agent({ keepAlive: true, maxFreeSockets: 64 })
  }

  /** Sends a request and gives back its checked answer. `path` carries its query string, encoded. */
  async request<Schema extends z.ZodType>(
    method: Method,
    path: string,
    options: UnixRequest<Schema>,
  ): Promise<z.output<Schema>> {
    const timeoutMs = options.timeoutMs ?? this.#options.timeoutMs ?? DEFAULT_TIMEOUT_MS
    const deadline = AbortSignal.timeout(timeoutMs)
    const signal = options.signal === undefined ? deadline : AbortSignal.any([options.signal, deadline])
    try {
      const response = await this.#send(method, path, options, signal, 'application/json')
      const text = await readAll(response)
      if (!isSuccess(response)) throw this.#refusal(response, text)
      return this.#checked(options.schema, text, `${method} ${path}`)
    } catch (error) {
      throw this.#explain(error, { deadline, timeoutMs, signal: options.signal })
    }
  }

  /** Sends a request whose answer is NDJSON and yields its values as they come. Leaving the loop closes the request. */
  async *stream<Schema extends z.ZodType>(
    method: Method,
    path: string,
    options: UnixRequest<Schema>,
  ): AsyncGenerator<z.output<Schema>, void, void> {
    const timeoutMs = options.timeoutMs ?? this.#options.timeoutMs ?? DEFAULT_TIMEOUT_MS
    const left = new AbortController()
    const late = new AbortController()
    const timer = setTimeout(() => late.abort(), timeoutMs)
    const signal = AbortSignal.any([
      left.signal,
      late.signal,
      ...(options.signal === undefined ? [] : [options.signal]),
    ])
    try {
      const response = await this.#send(method, path, options, signal, 'application/x-ndjson')
      clearTimeout(timer)
      if (!isSuccess(response)) throw this.#refusal(response, await readAll(response))
      for await (const line of readLines(response, MAX_ANSWER_BYTES)) {
        yield this.#checked(options.schema, line, `${method} ${path}`)
      }
    } catch (error) {
      throw this.#explain(error, { deadline: late.signal, timeoutMs, signal: options.signal })
    } finally {
      clearTimeout(timer)
      left.abort()
    }
  }

  /**
   * Sends a request whose answer is bytes, and gives the answer back once its headers are there; `timeoutMs` is for that long.
   * `signal` closes the request at any time, also while the body is read.
   */
  async open(method: Method, path: string, options: Omit<UnixRequest<z.ZodType>, 'schema'>): Promise<ByteAnswer> {
    const timeoutMs = options.timeoutMs ?? this.#options.timeoutMs ?? DEFAULT_TIMEOUT_MS
    const late = new AbortController()
    const timer = setTimeout(() => late.abort(), timeoutMs)
    const signal = AbortSignal.any([late.signal, ...(options.signal === undefined ? [] : [options.signal])])
    const explain = (error: unknown): CastellanError =>
      this.#explain(error, { deadline: late.signal, timeoutMs, signal: options.signal })
    try {
      const response = await this.#send(method, path, options, signal, 'application/octet-stream')
      if (!isSuccess(response)) throw this.#refusal(response, await readAll(response))
      const textOf = (value: string | string[] | undefined): string | undefined =>
        Array.isArray(value) ? value.join(', ') : value
      return {
        header: (name) => textOf(response.headers[name]),
        trailer: (name) => textOf(response.trailers[name]),
        body: pieces(response, explain),
        close: () => response.destroy(),
      }
    } catch (error) {
      throw explain(error)
    } finally {
      clearTimeout(timer)
    }
  }

  /** Lets go of the kept connections. Requests under way are not touched. */
  close(): void {
    this.#agent.destroy()
  }

  #send(
    method: Method,
    path: string,
    options: Omit<UnixRequest<z.ZodType>, 'schema'>,
    signal: AbortSignal,
    accept: string,
  ): Promise<IncomingMessage> {
    const body = options.body === undefined ? undefined : JSON.stringify(options.body)
    const traceparent = this.#options.traceparent?.()
    return new Promise((resolve, reject) => {
      const request = http.request({
        socketPath: this.#options.socketPath,
        agent: this.#agent,
        method,
        path,
        signal,
        maxHeaderSize: MAX_HEADER_BYTES,
        headers: {
          host: 'localhost',
          accept,
          ...(options.requestId === undefined ? {} : { 'x-request-id': options.requestId }),
          ...(traceparent === undefined ? {} : { traceparent }),
          ...(body === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
        },
      })
      request.once('response', resolve)
      request.once('error', reject)
      request.end(body)
    })
  }

  #checked<Schema extends z.ZodType>(schema: Schema, text: string, what: string): z.output<Schema> {
    const result = schema.safeParse(fromJson(text))
    if (result.success) return result.data
    throw new CastellanError('internal', `${this.#options.peer} answered ${what} in a form that was not agreed.`, {
      cause: result.error,
    })
  }

  #refusal(response: IncomingMessage, text: string): CastellanError {
    const envelope = ErrorEnvelope.safeParse(fromJson(text))
    if (!envelope.success) {
      const { peer } = this.#options
      return new CastellanError('internal', `${peer} answered with status ${response.statusCode} and no reason.`)
    }
    const error = errorFromEnvelope(envelope.data)
    const retryAfterSeconds = Number(response.headers['retry-after'])
    if (!Number.isFinite(retryAfterSeconds)) return error
    return new CastellanError(error.code, error.message, { detail: error.detail, retryAfterSeconds })
  }

  /** Turns whatever ended a request into the one kind of error callers handle. */
  #explain(
    error: unknown,
    { deadline, timeoutMs, signal }: { deadline: AbortSignal; timeoutMs: number; signal: AbortSignal | undefined },
  ): CastellanError {
    if (error instanceof CastellanError) return error
    const { peer, unavailable } = this.#options
    if (signal?.aborted === true) {
      return new CastellanError('cancelled', `The request to ${peer} was given up.`, { cause: error })
    }
    if (deadline.aborted) {
      return new CastellanError('deadline_exceeded', `${peer} did not answer within ${timeoutMs} ms.`, { cause: error })
    }
    const code = (error as NodeJS.ErrnoException).code
    return new CastellanError(unavailable, unreachable(peer, code, this.#options.socketPath), {
      cause: error,
      retryAfterSeconds: 1,
    })
  }
}

function unreachable(peer: string, code: string | undefined, path: string): string {
  if (code === 'ENOENT' || code === 'ECONNREFUSED') {
    return `${peer} is not running: nothing answers on ${path}. Start it, or wait for its restart.`
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return `This user may not connect to ${peer} on ${path}. Run as its owner, or join the group the socket belongs to.`
  }
  return `${peer} went away before it had answered. Whatever was asked of it may or may not have happened.`
}

async function* pieces(response: IncomingMessage, explain: (error: unknown) => CastellanError) {
  try {
    for await (const piece of response as AsyncIterable<Buffer>) yield piece
  } catch (error) {
    throw explain(error)
  }
}

function isSuccess(response: IncomingMessage): boolean {
  const status = response.statusCode ?? 0
  return status >= 200 && status < 300
}

async function readAll(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > MAX_ANSWER_BYTES) {
      throw new CastellanError('too_large', `The answer is larger than ${MAX_ANSWER_BYTES} bytes.`)
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** The value, or nothing where the text is no JSON; no schema of an answer takes nothing. */
function fromJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
