import type { ErrorEnvelope } from '@castellan/contracts'
import type { AnswerOf, Operation } from '@castellan/contracts/api'
import { RequestError } from '../connection/http.ts'
import { eventData } from './events.ts'

/** What a schema takes, read off its type: zod itself is no part of the page. */
export type InputOf<Schema> = Schema extends { readonly _zod: { readonly input: infer Input } } ? Input : undefined

/** What each event of a stream is. */
export type EventOf<O extends Operation> = InputOf<O['event']>

/** What an operation is asked with: the fields it describes, and none where it describes none. */
export type AskOf<O extends Operation> = {
  readonly params?: InputOf<O['params']>
  readonly query?: InputOf<O['query']>
  readonly body?: InputOf<O['body']>
  readonly signal?: AbortSignal
}

/**
 * `/api/v1` with this browser's sign-in, which travels as a cookie: nothing secret is ever in an address. An operation is named by its type
 * (`api.ask<typeof listLedgerEntries>('GET', '/api/v1/ledger/entries', …)`), so that the compiler checks address, question and answer
 * against the contracts while none of their schemas are shipped.
 */
export class Api {
  readonly #fetch: typeof fetch
  readonly #onSignedOut: () => void

  constructor(fetcher: typeof fetch, onSignedOut: () => void) {
    this.#fetch = fetcher
    this.#onSignedOut = onSignedOut
  }

  /** Throws {@link RequestError}: the gateway's refusal, or `unreachable` where nobody answered. Aborted by `signal`, it throws its reason. */
  async ask<O extends Operation>(method: O['method'], path: O['path'], ask: AskOf<O> = {}): Promise<AnswerOf<O>> {
    const response = await this.#send(method, path, ask)
    return (response.status === 204 ? undefined : await response.json()) as AnswerOf<O>
  }

  /** For operations that answer with something else than JSON: proofs, exports. */
  async text<O extends Operation>(method: O['method'], path: O['path'], ask: AskOf<O> = {}): Promise<string> {
    return (await this.#send(method, path, ask)).text()
  }

  /** For operations that answer with a stream: its events as they come. Leaving the loop ends the request, as `signal` does. */
  async *events<O extends Operation>(
    method: O['method'],
    path: O['path'],
    ask: AskOf<O> = {},
  ): AsyncGenerator<EventOf<O>, void, void> {
    const { body } = await this.#send(method, path, ask)
    if (body === null) return
    for await (const event of eventData(body)) yield event as EventOf<O>
  }

  async #send(method: string, path: string, { params, query, body, signal }: AskOf<Operation>): Promise<Response> {
    const json =
      body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
    const address = filled(path, params as Named) + search(query as Named)
    const options = { method, cache: 'no-store', credentials: 'same-origin', ...json } as const
    const response = await this.#fetch(address, { ...options, signal: signal ?? null }).catch((error: unknown) => {
      signal?.throwIfAborted()
      throw error instanceof TypeError ? new RequestError('unreachable', '') : error
    })
    if (response.ok) return response
    const { code = 'internal', message = '' } = (await response.json().catch(() => ({}))) as Partial<ErrorEnvelope>
    if (code === 'unauthorized') this.#onSignedOut()
    throw new RequestError(code, message)
  }
}

type Named = Readonly<Record<string, unknown>> | undefined

/** `/entries/{index}` with its parameters. */
function filled(path: string, params: Named = {}): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(params[name])))
}

function search(query: Named = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '')
  return given.length === 0 ? '' : `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`
}
