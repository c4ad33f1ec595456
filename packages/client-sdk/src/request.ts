import { backoff, pause } from './backoff.ts'
import { CastellanError, refusalOf } from './error.ts'
import { type Operations, operations } from './generated/operations.ts'

export type OperationId = keyof Operations

export interface ClientOptions {
  /** Where the gateway is, e.g. `http://127.0.0.1:18789`; in a page the page's own origin without it. */
  readonly url?: string
  /** The bearer token, or what gets it. Without it a page's sign-in counts, as its cookie goes along by itself. */
  readonly token?: string | (() => string | Promise<string>)
  /** How often a request is tried, where trying again is safe; 4 without it. */
  readonly tries?: number
  /** How long one try may take, in milliseconds; 60 s without it. */
  readonly timeoutMs?: number
  /** Instead of the platform's own. */
  readonly fetch?: typeof fetch
}

export interface RequestOptions {
  readonly signal?: AbortSignal | undefined
  /** Makes a repetition harmless; made up where it is absent, for each request that creates something. */
  readonly idempotencyKey?: string
  /** Appears in answers and in the gateway's log. */
  readonly requestId?: string
  readonly timeoutMs?: number
}

/** The parts of a request that an operation may have. */
export interface Input {
  readonly params?: Readonly<Record<string, unknown>>
  readonly query?: Readonly<Record<string, unknown>>
  readonly body?: unknown
}

/** Longest that the client waits because the gateway says so, in milliseconds. */
const MOST_PATIENCE_MS = 30_000

/** Asks for operations over HTTP. */
export class Requests {
  readonly #options: ClientOptions

  constructor(options: ClientOptions) {
    this.#options = options
  }

  /** The gateway's origin. */
  get origin(): string {
    const { location } = globalThis as { location?: { readonly origin: string } }
    const url = this.#options.url ?? location?.origin
    if (url === undefined) throw new TypeError('outside of a page a client needs the url of its gateway')
    return new URL(url).origin
  }

  async token(): Promise<string | undefined> {
    const { token } = this.#options
    return typeof token === 'function' ? token() : token
  }

  /** The answer of an operation: JSON as a value, anything else as text. */
  async ask<Id extends OperationId>(
    id: Id,
    input: Input = {},
    options: RequestOptions = {},
  ): Promise<Operations[Id]['answer']> {
    return this.#trying(id, input, options, async (response) => {
      if (response.status === 204) return undefined
      const text = await response.text()
      if (!/^application\/json\b/.test(response.headers.get('content-type') ?? '')) return text
      return JSON.parse(text)
    }) as Promise<Operations[Id]['answer']>
  }

  /** The answer of an operation as it comes. It has no deadline once its headers are there. */
  open(id: OperationId, input: Input, options: RequestOptions = {}): Promise<Response> {
    return this.#trying(id, input, options, async (response) => response, 'text/event-stream')
  }

  /** Tries until it goes well, fails for good, or has been tried often enough. */
  async #trying<Answer>(
    id: OperationId,
    input: Input,
    options: RequestOptions,
    read: (response: Response) => Promise<Answer>,
    accept?: string,
  ): Promise<Answer> {
    const [method = '', path = '', creates] = operations[id].split(' ')
    const key = creates === undefined ? undefined : (options.idempotencyKey ?? crypto.randomUUID())
    const url = `${this.origin}${addressOf(path, input)}`
    const most = this.#options.tries ?? 4
    for (let tries = 1; ; tries++) {
      const deadline = new AbortController()
      const timer = setTimeout(() => deadline.abort(), options.timeoutMs ?? this.#options.timeoutMs ?? 60_000)
      try {
        const response = await this.#send(method, url, input, options, { key, accept, deadline: deadline.signal })
        if (!response.ok) throw await refusalOf(response)
        return await read(response)
      } catch (thrown) {
        options.signal?.throwIfAborted()
        const error = deadline.signal.aborted ? tooLate(thrown) : known(thrown, url)
        if (tries >= most || !mayRepeat(error, method, key !== undefined)) throw error
        const asked = (error.retryAfter ?? 0) * 1000
        if (asked > MOST_PATIENCE_MS) throw error
        await pause(asked + backoff(tries), options.signal)
      } finally {
        // Once an answer is there or begins to stream, it may take its time.
        clearTimeout(timer)
      }
    }
  }

  async #send(
    method: string,
    url: string,
    { body }: Input,
    { signal, requestId }: RequestOptions,
    { key, accept = '*/*', deadline }: { key: string | undefined; accept: string | undefined; deadline: AbortSignal },
  ): Promise<Response> {
    const token = await this.token()
    const headers: Record<string, string> = { accept }
    if (token !== undefined) headers.authorization = `Bearer ${token}`
    if (key !== undefined) headers['idempotency-key'] = key
    if (requestId !== undefined) headers['x-request-id'] = requestId
    if (body !== undefined) headers['content-type'] = 'application/json'
    return (this.#options.fetch ?? fetch)(url, {
      ...{ method, headers, credentials: 'same-origin', cache: 'no-store', redirect: 'error' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: signal === undefined ? deadline : AbortSignal.any([deadline, signal]),
    })
  }
}

function tooLate(cause: unknown): CastellanError {
  return new CastellanError('timeout', 'The gateway did not answer in time.', { cause })
}

/** What fetch rejects with says little: no connection, or an answer that broke off or is no JSON. */
function known(thrown: unknown, url: string): CastellanError {
  if (thrown instanceof CastellanError) return thrown
  if (thrown instanceof SyntaxError)
    return new CastellanError('bad_answer', 'The answer is no JSON.', { cause: thrown })
  return new CastellanError('unreachable', `The gateway at ${new URL(url).origin} cannot be reached, or broke off.`, {
    cause: thrown,
  })
}

function addressOf(path: string, { params = {}, query = {} }: Input): string {
  const whole = path.startsWith('/') ? path : `/api/v1/${path}`
  const filled = whole.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(params[name])))
  const given = Object.entries(query).filter(([, value]) => value !== undefined)
  const text = new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)])).toString()
  return text === '' ? filled : `${filled}?${text}`
}

/**
 * Whether the same request can be sent again without doing anything twice: it only reads, it has a key, or it was turned
 * away before anything was done.
 */
function mayRepeat({ code, status }: CastellanError, method: string, hasKey: boolean): boolean {
  if (status === 429 || code === 'busy' || code === 'engine_loading') return true
  const passing = status === 0 || status === 502 || status === 503 || status === 504 || code === 'bad_answer'
  return passing && (method === 'GET' || hasKey)
}
