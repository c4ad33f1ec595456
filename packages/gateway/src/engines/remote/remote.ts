import { setTimeout as sleep } from 'node:timers/promises'
import { CastellanError, type EngineKind } from '@castellan/contracts'
import type { OutboundInit } from '../../outbound/outbound.ts'
import type { CredentialWish, EngineCredential, EngineCredentials } from '../credentials.ts'
import type { AnswerEvent, EngineHooks } from '../engine.ts'
import { ExchangeNotes } from '../exchange.ts'
import { MAX_ANSWER_BYTES } from './event-stream.ts'
import { ProviderFailure, readFailure } from './failure.ts'

/** Requests for one answer with one credential, at most. */
const MAX_TRIES = 4
/** The pause before another try is a random one below this, doubled with each (“full jitter”). In milliseconds. */
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 8_000
/** A provider that wants a longer pause than this is not waited for. In seconds. */
const PATIENCE_S = 30

/** The way out as engines use it; `Outbound` is one. */
export interface Sender {
  fetch(url: string, init: OutboundInit, options: { readonly signal?: AbortSignal }): Promise<Response>
}

export interface RemoteParts {
  readonly engine: EngineKind
  readonly model: string
  readonly outbound: Sender
  readonly credentials: EngineCredentials
  /** Null asks without any credential. */
  readonly wish: CredentialWish | null
  /** Where the API lies when the credential does not say. */
  readonly baseUrl: string
  /** A random number from 0 up to 1, and a pause that a signal ends; tests bring their own. */
  readonly random?: () => number
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>
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

/**
 * Asks a provider over the airlock and yields its answer. A try that came to nothing is made again where that can do no harm:
 * before anything of an answer was passed on, and so before any tool call; with the next credential where one was the
 * reason. Throws {@link ProviderFailure}, the airlock's refusals, and `engine_crashed` where an answer broke off.
 */
export async function* askProvider(
  dialect: Dialect,
  parts: RemoteParts,
  signal: AbortSignal,
  hooks: EngineHooks = {},
): AsyncGenerator<AnswerEvent, void, void> {
  const failedOnes = new Set<string>()
  let credential = parts.wish === null ? null : await parts.credentials.pick(parts.wish)
  for (let tries = 1; ; ) {
    let began = false
    try {
      for await (const event of oneTry(dialect, parts, credential, signal, hooks)) {
        began = true
        yield event
      }
      return
    } catch (error) {
      if (signal.aborted) throw cancelled()
      if (began) throw brokenOff(error)
      const next = await nextTry(error, { tries, credential, failedOnes, parts, signal })
      // Each credential is tried as often as the first one was; there are as many as the store has.
      tries = next.credential === credential ? tries + 1 : 1
      credential = next.credential
      yield { type: 'notice', text: next.notice }
      await next.ready
    }
  }
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
        limits: { response_bytes: MAX_ANSWER_BYTES },
      },
      { signal: AbortSignal.any([signal, left.signal]) },
    )
    notes.answered(response.status)
    if (!response.ok) {
      const { failure, body } = await readFailure(response, host, secrets)
      notes.received(body)
      throw failure
    }
    const contentType = response.headers.get('content-type') ?? ''
    yield* dialect.read({ body: notes.reading(response.body ?? ReadableStream.from([])), contentType, host, secrets })
    problem = null
  } catch (error) {
    problem = signal.aborted ? 'It was stopped.' : error instanceof Error ? error.message : String(error)
    throw error
  } finally {
    left.abort()
    notes.close(problem)
  }
}

interface Attempt {
  readonly tries: number
  readonly credential: EngineCredential | null
  readonly failedOnes: Set<string>
  readonly parts: RemoteParts
  readonly signal: AbortSignal
}

interface Next {
  readonly credential: EngineCredential | null
  /** What the chat is told. */
  readonly notice: string
  /** Settles when it is time. */
  readonly ready: Promise<void>
}

/** How to try again after a failure. Throws it where that would not help, or could do harm. */
async function nextTry(error: unknown, attempt: Attempt): Promise<Next> {
  const { tries, credential } = attempt
  const other = credential === null ? null : await otherCredential(error, credential, attempt)
  if (credential !== null && other !== null) {
    const notice = `${credential.label} cannot be used now (${reasonOf(error)}); going on with ${other.label}.`
    return { credential: other, notice, ready: Promise.resolve() }
  }
  const wait = tries < MAX_TRIES ? pauseAfter(error, attempt) : null
  if (wait === null) throw error
  const pause = attempt.parts.pause ?? ((ms, signal) => sleep(ms, undefined, { signal }))
  const notice = `${hostOf(attempt)} did not answer (${reasonOf(error)}); trying again${wait >= 1000 ? ` in ${Math.ceil(wait / 1000)} s` : ''}.`
  return { credential, notice, ready: pause(wait, attempt.signal) }
}

/** Puts a credential that was the reason aside, and picks the next of its provider, if there is one. */
async function otherCredential(
  error: unknown,
  { id }: EngineCredential,
  { parts, failedOnes }: Attempt,
): Promise<EngineCredential | null> {
  if (!(error instanceof ProviderFailure)) return null
  const fault = { credential: 'unauthorized', rate_limited: 'rate_limited', quota: 'quota_exhausted' } as const
  if (!(error.kind in fault)) return null
  failedOnes.add(id)
  await parts.credentials.failed(id, fault[error.kind as keyof typeof fault], error.retryAfterSeconds)
  if (parts.wish?.provider === undefined) return null
  return parts.credentials.pick(parts.wish, failedOnes).catch(() => null)
}

/** Milliseconds until the same may be tried again; null where it should not be. */
function pauseAfter(error: unknown, { tries, parts }: Attempt): number | null {
  if (!isTransient(error)) return null
  const wanted = error.retryAfterSeconds
  if (wanted !== undefined) return wanted <= PATIENCE_S ? wanted * 1000 : null
  const ceiling = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (tries - 1))
  return (parts.random ?? Math.random)() * ceiling
}

/** The provider is busy, or the way to it was not there: nothing of an answer was seen, so the same again harms nobody. */
function isTransient(error: unknown): error is CastellanError {
  if (error instanceof ProviderFailure) return error.kind === 'transient' || error.kind === 'rate_limited'
  return error instanceof CastellanError && (error.code === 'egress_failed' || error.code === 'egress_timeout')
}

function reasonOf(error: unknown): string {
  if (!(error instanceof CastellanError)) return 'no answer'
  const status = (error.detail as { readonly status?: number | null } | undefined)?.status
  return typeof status === 'number' ? `status ${status}` : error.code
}

function hostOf({ credential, parts }: Attempt): string {
  return new URL(credential?.baseUrl ?? parts.baseUrl).host
}

export function addressOf(baseUrl: string, path: string): { readonly url: string; readonly host: string } {
  const url = `${baseUrl.replace(/\/+$/, '')}${path}`
  return { url, host: new URL(url).host }
}

/** What the turn is told of an answer that was passed on in part: it is never asked for again by itself. */
function brokenOff(error: unknown): unknown {
  if (error instanceof ProviderFailure) return error
  if (error instanceof CastellanError && !error.code.startsWith('egress_')) return error
  return new CastellanError(
    'engine_crashed',
    `The provider’s answer broke off in the middle, and no call in it was made. Say it again. (${error instanceof Error ? error.message : String(error)})`,
    { cause: error },
  )
}

function cancelled(): CastellanError {
  return new CastellanError('cancelled', 'Stopped; the request to the provider was closed.')
}
