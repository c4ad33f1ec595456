import { CastellanError, type ErrorCode } from '@castellan/contracts'
import { withoutSecrets } from '../exchange.ts'

/** Most that is read of a refusal's body, in bytes, and shown of its message, in characters. */
const MAX_BODY_BYTES = 64 * 1024
const MAX_MESSAGE = 300

/**
 * Why a provider did not answer, by what can be done about it: `credential` (another one may do), `rate_limited` and `quota`
 * (another one, or later), `transient` (the same again), `too_long` (a shorter conversation), `refused` (nothing by itself).
 */
export type FailureKind = 'credential' | 'rate_limited' | 'quota' | 'transient' | 'too_long' | 'refused'

/** A provider's refusal. */
export class ProviderFailure extends CastellanError {
  readonly kind: FailureKind
  /** What the provider says, in its own words. */
  readonly says: string

  constructor(kind: FailureKind, host: string, { status, code, says, retryAfterSeconds }: Refusal) {
    super(CODES[kind], sentence(kind, host, { status, says, retryAfterSeconds }), {
      detail: { status, provider_code: code, says },
      ...(retryAfterSeconds === null ? {} : { retryAfterSeconds }),
    })
    this.kind = kind
    this.says = says
  }
}

interface Refusal {
  /** Null where it came as an event within a stream. */
  readonly status: number | null
  readonly code: string
  readonly says: string
  readonly retryAfterSeconds: number | null
}

const CODES: Readonly<Record<FailureKind, ErrorCode>> = {
  credential: 'engine_refused',
  rate_limited: 'engine_overloaded',
  quota: 'engine_refused',
  transient: 'engine_overloaded',
  too_long: 'context_full',
  refused: 'engine_refused',
}

/** Reads the refusal that a response is. `secrets` are taken out of what the provider says: some say the key back. */
export async function readFailure(
  response: Response,
  host: string,
  secrets: readonly string[],
): Promise<{ readonly failure: ProviderFailure; readonly body: string }> {
  const body = await readSome(response.body)
  const { code, says } = errorOf(parsed(body), secrets)
  const retryAfterSeconds = retryAfterOf(response.headers)
  const refusal = { status: response.status, code, says, retryAfterSeconds }
  return { failure: new ProviderFailure(kindOf(response.status, code, says), host, refusal), body }
}

/** The failure that an error event within a stream tells of. */
export function failureInStream(value: unknown, host: string, secrets: readonly string[]): ProviderFailure {
  const { code, says } = errorOf(value, secrets)
  const status = STATUS_OF_CODE[code] ?? (/^[45]\d\d$/.test(code) ? Number(code) : 500)
  const refusal = { status: null, code, says, retryAfterSeconds: null }
  return new ProviderFailure(kindOf(status, code, says), host, refusal)
}

/** The failure that a status stands for, where somebody else read the refusal. */
export function failureOf(status: number, says: string, host: string, secrets: readonly string[]): ProviderFailure {
  const clean = oneLine(withoutSecrets(says, secrets))
  return new ProviderFailure(kindOf(status, '', clean), host, {
    status,
    code: '',
    says: clean,
    retryAfterSeconds: null,
  })
}

/** A program that needs a credential was asked without one. */
export function unasked(): CastellanError {
  return new CastellanError(
    'engine_unsuitable',
    'This engine needs a credential: name one, or a provider, in the agent.',
  )
}

/** Seconds until the provider wants to hear again (RFC 9110, section 10.2.3, and `retry-after-ms`); null where it does not say. */
export function retryAfterOf(headers: Headers): number | null {
  const milliseconds = Number(headers.get('retry-after-ms') ?? Number.NaN)
  if (Number.isFinite(milliseconds) && milliseconds >= 0) return milliseconds / 1000
  const text = headers.get('retry-after')?.trim() ?? ''
  if (/^\d{1,9}(\.\d+)?$/.test(text)) return Number(text)
  const at = text === '' ? Number.NaN : Date.parse(text)
  return Number.isNaN(at) ? null : Math.max(0, (at - Date.now()) / 1000)
}

/** What the API's own error types mean as a status, for those that come within a stream. */
const STATUS_OF_CODE: Readonly<Record<string, number>> = {
  invalid_request_error: 400,
  authentication_error: 401,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  rate_limit_exceeded: 429,
  insufficient_quota: 429,
  api_error: 500,
  server_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
}

const TOO_LONG =
  /context[ _](length|window|size)|maximum context|prompt is too long|too many (input )?tokens|exceed_context_size|input is too long|reduce the length/i
const QUOTA = /insufficient_quota|billing|credit balance|quota|payment/i

function kindOf(status: number, code: string, says: string): FailureKind {
  const words = `${code} ${says}`
  switch (status) {
    case 401:
      return 'credential'
    case 402:
      return 'quota'
    case 403:
      return QUOTA.test(words) ? 'quota' : 'credential'
    case 413:
      return 'too_long'
    case 429:
      return /insufficient_quota|billing|credit/i.test(words) ? 'quota' : 'rate_limited'
    // A conflict, a time-out or a request that came too early is the provider's state, not the request's fault.
    case 408:
    case 409:
    case 425:
      return 'transient'
    default:
      if (status >= 500) return 'transient'
      if (TOO_LONG.test(words)) return 'too_long'
      return status === 400 && /credit balance|billing/i.test(says) ? 'quota' : 'refused'
  }
}

function sentence(
  kind: FailureKind,
  host: string,
  { status, says, retryAfterSeconds }: Pick<Refusal, 'status' | 'says' | 'retryAfterSeconds'>,
): string {
  const answer = status === null ? `${host} broke its answer off` : `${host} answered ${status}`
  const quoted = says === '' ? '' : ` It says: “${says}”`
  const when = retryAfterSeconds === null ? 'in a while' : `in ${Math.ceil(retryAfterSeconds)} s`
  const advice: Record<FailureKind, string> = {
    credential: 'The credential is not accepted there: test it, replace it, or give the agent another one.',
    rate_limited: `Its rate limit is reached: try again ${when}, or add another credential of this provider.`,
    quota: 'What the credential may use is spent: top it up there, or give the agent another credential.',
    transient: `It is overloaded or out of order: try again ${when}.`,
    too_long: 'The conversation is too long for this model.',
    refused: 'It does not take the request: check the model’s name and the address in the agent’s engine.',
  }
  return `${answer}. ${advice[kind]}${quoted}`
}

/** The code and the message of an error, in any of the forms that providers give it. */
function errorOf(value: unknown, secrets: readonly string[]): { readonly code: string; readonly says: string } {
  const outer = recordOf(value)
  const inner = recordOf(outer.error)
  const source = Object.keys(inner).length > 0 ? inner : outer
  const says = textOf(source.message) || textOf(outer.error) || textOf(outer.detail) || textOf(outer.message)
  const code = textOf(source.code) || textOf(source.type)
  return { code: withoutSecrets(code, secrets).slice(0, 64), says: oneLine(withoutSecrets(says, secrets)) }
}

/** One line of plain text: what a provider says is shown to people, and is neither markup nor longer than it need be. */
function oneLine(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim()
  return line.length > MAX_MESSAGE ? `${line.slice(0, MAX_MESSAGE)}…` : line
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return { message: text.startsWith('<') ? '' : text }
  }
}

async function readSome(body: ReadableStream<Uint8Array> | null): Promise<string> {
  if (body === null) return ''
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  try {
    for await (const piece of body) {
      bytes += piece.byteLength
      text += decoder.decode(piece, { stream: true })
      if (bytes >= MAX_BODY_BYTES) break
    }
  } catch {
    // A refusal that broke off is a refusal all the same.
  }
  return text
}
