import { CastellanError, type EgressHead, type EngineKind } from '@castellan/contracts'
import { redactAnswer } from '../insights/streamed.ts'
import type { Usage } from './engine.ts'

/** Most that is kept of what came back, in characters; the rest is counted. */
const MAX_ANSWER_CHARACTERS = 1024 * 1024
/** Shorter than this is no secret, and taking it out would mangle the text. */
const MIN_SECRET = 6
const TAKEN_OUT = '[secret]'
/** What the airlock puts in place of what it takes out. */
const CUT_OUT = '[redacted]'
/** Refusals by which nothing left: they come before a connection is made. */
const STAYED: ReadonlySet<string> = new Set([
  ...['egress_denied', 'egress_off', 'egress_leak', 'egress_held', 'egress_unrecorded'],
  ...['rate_limited', 'busy', 'invalid_request', 'body_too_large'],
])

export type Headers = readonly (readonly [name: string, value: string])[]

/** One request to an engine outside and its answer, exactly as they travelled but for secrets. */
export interface Exchange {
  readonly engine: EngineKind
  readonly model: string | null
  readonly url: string
  /** Id of the credential that paid; null where none was needed. */
  readonly credential: string | null
  readonly startedAt: Date
  readonly durationMs: number
  /** The body that was sent. */
  readonly request: string
  /** Null when no answer came. */
  readonly status: number | null
  /** The body that came back, cut at 1 MiB. */
  readonly response: string
  /** Characters that were cut off it. */
  readonly cut: number
  /** Why it went wrong, if it did. */
  readonly problem: string | null
  /** Whether any of it left the machine; null where nobody can say. */
  readonly left: boolean | null
  /** Method, path and headers as they left; null where that is not known: nothing left, or a program asked by itself. */
  readonly head: { readonly line: string; readonly headers: Headers } | null
  readonly answerHeaders: Headers
  /** Kinds of what the airlock took out before it left; the request is without it. */
  readonly takenOut: readonly string[]
  /** Entry of the ledger that was written before it left. */
  readonly ledgerIndex: number | null
  /** What the answer used, where it came to that. */
  readonly usage: Usage | null
  /** US dollars; null where that is not known, and until {@link priced}. */
  readonly cost: number | null
}

/** An answer, and what the airlock says about it where it came that way. */
interface Answered {
  readonly status: number
  readonly headers: Iterable<readonly [string, string]>
  readonly head?: EgressHead
}

/** Notes one exchange while it happens. `close` hands it over, once. */
export class ExchangeNotes {
  readonly #about: Pick<Exchange, 'engine' | 'model' | 'url' | 'credential'>
  readonly #secrets: readonly string[]
  readonly #tell: ((exchange: Exchange) => void) | undefined
  readonly #startedAt = new Date()
  readonly #started = performance.now()
  readonly #decoder = new TextDecoder()
  #request: string
  #head: Exchange['head'] = null
  #answerHeaders: Headers = []
  #takenOut: readonly string[] = []
  #ledgerIndex: number | null = null
  #left: boolean | null = null
  #usage: Usage | null = null
  #status: number | null = null
  #response = ''
  #cut = 0
  #closed = false
  #echoed = false

  constructor(
    about: Pick<Exchange, 'engine' | 'model' | 'url' | 'credential' | 'request'>,
    secrets: readonly string[],
    tell: ((exchange: Exchange) => void) | undefined,
  ) {
    const { request, ...others } = about
    this.#about = others
    this.#request = request
    this.#secrets = secrets
    this.#tell = tell
  }

  /** An answer came. What the airlock says of the request takes the place of what was asked for. */
  answered({ status, headers, head }: Answered): void {
    this.#status = status
    this.#left = true
    this.#answerHeaders = [...headers]
    if (head === undefined) return
    this.#ledgerIndex = head.index
    this.#takenOut = head.redacted ?? []
    if (head.sent === undefined || head.redirects > 0) return
    this.#head = { line: head.sent.line, headers: head.sent.headers }
    this.#request = without(this.#request, head.sent.cuts)
  }

  /** None came: how the attempt failed may say whether anything left. */
  failed(error: unknown): void {
    if (this.#left !== null || !(error instanceof CastellanError)) return
    const { sent } = (error.detail ?? {}) as { readonly sent?: unknown }
    if (STAYED.has(error.code)) this.#left = false
    else if (typeof sent === 'boolean') this.#left = sent
  }

  used(usage: Usage): void {
    this.#usage = usage
  }

  /** Passes the answer's bytes on as they come and notes them. */
  async *reading(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
    for await (const piece of body) {
      this.received(this.#decoder.decode(piece, { stream: true }))
      yield piece
    }
  }

  received(text: string): void {
    const room = MAX_ANSWER_CHARACTERS - this.#response.length
    this.#response += text.slice(0, room)
    this.#cut += Math.max(0, text.length - room)
    this.#left = true
  }

  /** The answer held a secret, perhaps in pieces that are only seen where they are put together. */
  readonly echoed = (): void => {
    this.#echoed = true
  }

  close(problem: string | null): void {
    if (this.#closed) return
    this.#closed = true
    this.#tell?.({
      ...this.#about,
      url: withoutSecrets(this.#about.url, this.#secrets),
      request: withoutSecrets(this.#request, this.#secrets),
      startedAt: this.#startedAt,
      durationMs: performance.now() - this.#started,
      status: this.#status,
      response: this.#clean(),
      cut: this.#cut,
      problem: problem === null ? null : withoutSecrets(problem, this.#secrets),
      left: this.#left,
      head: this.#cleanHead(),
      answerHeaders: this.#cleanHeaders(this.#answerHeaders),
      takenOut: this.#takenOut,
      ledgerIndex: this.#ledgerIndex,
      usage: this.#usage,
      cost: null,
    })
  }

  #cleanHead(): Exchange['head'] {
    if (this.#head === null) return null
    const { line, headers } = this.#head
    return { line: withoutSecrets(line, this.#secrets), headers: this.#cleanHeaders(headers) }
  }

  #cleanHeaders(headers: Headers): Headers {
    return headers.map(([name, value]) => [name, withoutSecrets(value, this.#secrets)])
  }

  #clean(): string {
    const clean = withoutSecrets(this.#response, this.#secrets)
    if (!this.#echoed) return clean
    return redactAnswer(clean, (text) => {
      const without = withoutSecrets(text, this.#secrets)
      return { text: without, count: without === text ? 0 : 1 }
    }).text
  }
}

/** What left of a body of which pieces were taken out; `cuts` are in bytes, in order. */
function without(request: string, cuts: readonly (readonly [number, number])[]): string {
  if (cuts.length === 0) return request
  const bytes = Buffer.from(request)
  const pieces: Buffer[] = []
  let at = 0
  for (const [start, end] of cuts) {
    pieces.push(bytes.subarray(at, start), Buffer.from(CUT_OUT))
    at = end
  }
  return Buffer.concat([...pieces, bytes.subarray(at)]).toString()
}

/** The text with each secret, in every form that {@link formsOf} knows, taken out. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  return formsOf(secrets).reduce((clean, form) => clean.replaceAll(form, TAKEN_OUT), text)
}

/**
 * How secrets may stand in a text: as they are, as JSON writes them, as JSON writes that within a text of its own, as addresses write
 * them, and as bytes are written that are to be text.
 */
export function formsOf(secrets: readonly string[]): string[] {
  const long = secrets.filter(({ length }) => length >= MIN_SECRET)
  const written = long.map(inJson)
  return [...new Set([...long, ...written, ...written.map(inJson), ...long.flatMap(encoded)])]
}

function encoded(text: string): string[] {
  const bytes = Buffer.from(text)
  const base64 = bytes.toString('base64').replace(/=+$/, '')
  // Half a character has no form in an address.
  return [encodeURIComponent(text.toWellFormed()), base64, bytes.toString('base64url'), bytes.toString('hex')]
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}
