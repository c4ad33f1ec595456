import type { ErrorCode, ErrorEnvelope } from './generated/schemas.ts'

/** Codes of the SDK itself, where there is no answer of the gateway to go by. */
export type LocalCode = 'unreachable' | 'timeout' | 'bad_answer'

/**
 * A refusal of the gateway, or that there was no proper answer. `code` is stable: compare it, and show `message`. A gateway
 * that is newer may know further codes.
 */
export class CastellanError extends Error {
  readonly code: ErrorCode | LocalCode
  /** HTTP status; 0 where there was no answer. */
  readonly status: number
  readonly detail: unknown
  /** What the gateway's log knows the request by. */
  readonly requestId: string | undefined
  /** Seconds after which trying again makes sense, where the gateway said so. */
  readonly retryAfter: number | undefined

  constructor(
    code: ErrorCode | LocalCode,
    message: string,
    about: {
      status?: number
      detail?: unknown
      requestId?: string | undefined
      retryAfter?: number | undefined
      cause?: unknown
    } = {},
  ) {
    super(message, about.cause === undefined ? undefined : { cause: about.cause })
    this.name = 'CastellanError'
    this.code = code
    this.status = about.status ?? 0
    this.detail = about.detail
    this.requestId = about.requestId
    this.retryAfter = about.retryAfter
  }
}

/** Reads a refusal: the envelope, or OpenAI's shape, or whatever a proxy in between says. */
export async function refusalOf(response: Response): Promise<CastellanError> {
  const { status, headers } = response
  const body: unknown = await response.json().catch(() => undefined)
  const { error, ...own } = (body ?? {}) as Partial<ErrorEnvelope> & { error?: Partial<ErrorEnvelope> }
  const { code, message, detail, request_id } = error ?? own
  return new CastellanError(code ?? 'bad_answer', message ?? `The answer was ${status}, and says no more.`, {
    status,
    detail,
    requestId: headers.get('x-request-id') ?? request_id,
    retryAfter: secondsUntil(headers.get('retry-after')),
  })
}

/** `Retry-After` (RFC 9110, section 10.2.3): seconds, or a date. */
function secondsUntil(text: string | null): number | undefined {
  if (text === null) return undefined
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1000
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds)
}
