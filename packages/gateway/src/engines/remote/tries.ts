import { setTimeout as sleep } from 'node:timers/promises'
import { CastellanError } from '@castellan/contracts'
import {
  type CredentialFault,
  type CredentialWish,
  type EngineCredential,
  hostOf,
  pickSuited,
  type Suiting,
} from '../credentials.ts'
import type { AnswerEvent, Failover } from '../engine.ts'
import { type FailureKind, ProviderFailure } from './failure.ts'

/** Requests for one answer with one credential, at most. */
const MAX_TRIES = 4
/** The pause before another try is a random one below this, doubled with each (“full jitter”). In milliseconds. */
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 8_000
/** A provider that wants a longer pause than this is not waited for. In seconds. */
const PATIENCE_S = 30

export interface TryParts extends Suiting {
  /** Null asks without any credential. */
  readonly wish: CredentialWish | null
  /** Who is asked, for people. */
  readonly host: string
  /** A random number from 0 up to 1, and a pause that a signal ends; tests bring their own. */
  readonly random?: () => number
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>
}

/** How far a try came. Once it `began`, something of it was passed on or done, and it is never made again. */
export interface Progress {
  began: boolean
}

export type TryOnce = (credential: EngineCredential | null, progress: Progress) => AsyncIterable<AnswerEvent>

/**
 * Yields the answer of a try. One that came to nothing is made again where that can do no harm: before anything of an answer was
 * passed on, and so before any tool call; with the next credential where one was the reason. Throws what a try fails with, and
 * `engine_crashed` where an answer broke off.
 */
export async function* withTries(
  once: TryOnce,
  parts: TryParts,
  signal: AbortSignal,
): AsyncGenerator<AnswerEvent, void, void> {
  const failedOnes = new Set<string>()
  let credential = parts.wish === null ? null : await pickSuited(parts, parts.wish)
  for (let tries = 1; ; ) {
    const progress: Progress = { began: false }
    try {
      for await (const event of once(credential, progress)) {
        if (event.type !== 'notice') progress.began = true
        yield event
      }
      return
    } catch (error) {
      if (signal.aborted) throw cancelled()
      if (progress.began) throw brokenOff(error)
      const next = await nextTry(error, { tries, credential, failedOnes, parts, signal })
      // Each credential is tried as often as the first one was; there are as many as the store has.
      tries = next.credential === credential ? tries + 1 : 1
      credential = next.credential
      const { notice: text, failover } = next
      yield { type: 'notice', text, ...(failover === undefined ? {} : { failover }) }
      await next.ready
    }
  }
}

interface Attempt {
  readonly tries: number
  readonly credential: EngineCredential | null
  readonly failedOnes: Set<string>
  readonly parts: TryParts
  readonly signal: AbortSignal
}

interface Next {
  readonly credential: EngineCredential | null
  /** What the chat is told. */
  readonly notice: string
  readonly failover?: Failover
  /** Settles when it is time. */
  readonly ready: Promise<void>
}

/** How to try again after a failure. Throws it where that would not help, or could do harm. */
async function nextTry(error: unknown, attempt: Attempt): Promise<Next> {
  const { tries, credential, parts, signal } = attempt
  const host = hostOf(credential, parts.host)
  const fault = credentialFault(error)
  if (credential !== null && fault !== undefined) {
    const other = await otherCredential(credential, attempt)
    // A limit that will be over in a moment is waited for, if nothing else is left; only who is given up rests.
    const wait = fault === 'rate_limited' && tries < MAX_TRIES ? pauseAfter(error, attempt) : null
    if (other !== null || wait === null) {
      await parts.credentials.failed(credential.id, fault, (error as ProviderFailure).retryAfterSeconds)
    }
    if (other !== null) {
      const elsewhere = hostOf(other, parts.host)
      const at = elsewhere === host ? '' : ` at ${elsewhere}`
      const notice = `${credential.label} cannot be used now (${reasonOf(error)}); going on with ${other.label}${at}.`
      const failover = { from: credential.id, to: other.id }
      return { credential: other, notice, failover, ready: Promise.resolve() }
    }
  }
  const wait = tries < MAX_TRIES ? pauseAfter(error, attempt) : null
  if (wait === null) throw error
  const pause = parts.pause ?? ((ms, signal) => sleep(ms, undefined, { signal }))
  const when = wait >= 1000 ? ` in ${Math.ceil(wait / 1000)} s` : ''
  const notice = `${host} did not answer (${reasonOf(error)}); trying again${when}.`
  return { credential, notice, ready: pause(wait, signal) }
}

/** What a failure says about the credential. */
const FAULTS: Partial<Record<FailureKind, CredentialFault>> = {
  credential: 'unauthorized',
  rate_limited: 'rate_limited',
  quota: 'quota_exhausted',
}

export function credentialFault(error: unknown): CredentialFault | undefined {
  return error instanceof ProviderFailure ? FAULTS[error.kind] : undefined
}

/** The next credential of the same provider, if the agent leaves the choice and there is one. */
async function otherCredential({ id }: EngineCredential, attempt: Attempt): Promise<EngineCredential | null> {
  const { parts, failedOnes } = attempt
  failedOnes.add(id)
  if (parts.wish?.provider === undefined) return null
  return pickSuited(parts, parts.wish, failedOnes).catch(() => null)
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
