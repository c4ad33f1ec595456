import type { EgressHead } from '@castellan/contracts'
import type { OutboundInit } from '../../outbound/outbound.ts'
import type { EngineCredential } from '../credentials.ts'
import { withoutEcho } from '../echo.ts'
import type { AnswerEvent, EngineHooks } from '../engine.ts'
import { ExchangeNotes } from '../exchange.ts'
import { MAX_ANSWER_BYTES } from './event-stream.ts'
import { readFailure } from './failure.ts'
import { type TryParts, withTries } from './tries.ts'

/** The way out as engines use it; `Outbound` is one. */
export interface Sender {
  fetch(
    url: string,
    init: OutboundInit,
    options: { readonly signal?: AbortSignal },
  ): Promise<Response & { readonly head?: EgressHead }>
}

export interface RemoteParts extends TryParts {
  readonly model: string
  readonly outbound: Sender
  /** Where the API lies when the credential does not say. */
  readonly baseUrl: string
  /** Times and sizes other than the airlock’s own; tests bring theirs. */
  readonly limits?: OutboundInit['limits']
}

/** What one API differs in from another. */
export interface Dialect {
  /** The path below the base URL, the headers that carry the secret, and the body. */
  readonly path: string
  readonly headers: (credential: EngineCredential | null) => Record<string, string>
  readonly body: string
  readonly read: (response: ReadBody) => AsyncIterable<AnswerEvent>
}

/** An answer that is being read. */
export interface ReadBody {
  readonly body: AsyncIterable<Uint8Array>
  readonly contentType: string
  readonly host: string
  readonly secrets: readonly string[]
}

/** Asks a provider over the airlock and yields its answer; see {@link withTries}. */
export function askProvider(
  dialect: Dialect,
  parts: RemoteParts,
  signal: AbortSignal,
  hooks: EngineHooks = {},
): AsyncGenerator<AnswerEvent, void, void> {
  return withTries((credential) => oneTry(dialect, parts, credential, signal, hooks), parts, signal)
}

async function* oneTry(
  dialect: Dialect,
  parts: RemoteParts,
  credential: EngineCredential | null,
  signal: AbortSignal,
  hooks: EngineHooks,
): AsyncGenerator<AnswerEvent, void, void> {
  const { url, host } = addressOf(credential?.baseUrl ?? parts.baseUrl, dialect.path)
  const secrets = credential === null ? [] : [credential.secret]
  const about = { engine: parts.engine, model: parts.model, url, credential: credential?.id ?? null }
  const notes = new ExchangeNotes({ ...about, request: dialect.body }, secrets, hooks.onExchange)
  const left = new AbortController()
  let problem: string | null = 'The answer was not read to its end.'
  try {
    const response = await parts.outbound.fetch(
      url,
      {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...dialect.headers(credential) },
        body: dialect.body,
        purpose: `engine.${parts.engine}`,
        // A credential is sent to the address it was given for, not to wherever that points.
        redirect: 'manual',
        limits: { response_bytes: MAX_ANSWER_BYTES, ...parts.limits },
      },
      { signal: AbortSignal.any([signal, left.signal]) },
    )
    notes.answered(response)
    if (!response.ok) {
      const { failure, body } = await readFailure(response, host, secrets)
      notes.received(body)
      throw failure
    }
    const contentType = response.headers.get('content-type') ?? ''
    const body = notes.reading(response.body ?? ReadableStream.from([]))
    for await (const event of withoutEcho(dialect.read({ body, contentType, host, secrets }), secrets, notes.echoed)) {
      if (event.type === 'done') notes.used(event.usage)
      yield event
    }
    problem = null
  } catch (error) {
    notes.failed(error)
    problem = signal.aborted ? 'It was stopped.' : error instanceof Error ? error.message : String(error)
    throw error
  } finally {
    left.abort()
    notes.close(problem)
  }
}

export function addressOf(baseUrl: string, path: string): { readonly url: string; readonly host: string } {
  const url = `${baseUrl.replace(/\/+$/, '')}${path}`
  return { url, host: new URL(url).host }
}
