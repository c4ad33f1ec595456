import {
  CastellanError,
  EGRESS_END_TRAILER,
  EGRESS_HEAD_HEADER,
  EgressEnd,
  EgressHead,
  type EgressRequest,
  SearchAnswer,
  type SearchRequest,
} from '@castellan/contracts'
import { UnixClient } from '@castellan/daemon'

/** Beyond what the airlock gives a request, in milliseconds. */
const MARGIN_MS = 5_000
const SEARCH_MS = 65_000

export interface WebQuestion {
  readonly url: string
  readonly method: 'GET' | 'HEAD'
  readonly headers: Readonly<Record<string, string>>
  readonly timeoutMs: number
  /** What is longer is cut off. */
  readonly maxBytes: number
}

export interface WebAnswer {
  readonly url: string
  readonly status: number
  readonly contentType: string | null
  readonly bytes: Buffer
  readonly truncated: boolean
  readonly redirects: number
  /** Kinds of what the airlock took out of the request. */
  readonly redacted: readonly string[]
}

/** Other machines, as agents reach them: through the airlock, which knows where to, looks into it and records it first. */
export interface WebPort {
  /** Throws as the airlock does (docs/airlock.md). */
  search(request: SearchRequest, signal: AbortSignal): Promise<SearchAnswer>
  fetch(question: WebQuestion, signal: AbortSignal): Promise<WebAnswer>
}

export class Web implements WebPort {
  readonly #airlock: UnixClient

  constructor(airlockSocket: string) {
    this.#airlock = new UnixClient({
      socketPath: airlockSocket,
      peer: 'the airlock',
      unavailable: 'airlock_unavailable',
    })
  }

  search(request: SearchRequest, signal: AbortSignal): Promise<SearchAnswer> {
    const options = { body: request, schema: SearchAnswer, signal, timeoutMs: SEARCH_MS }
    return this.#airlock.request('POST', '/v1/search', options)
  }

  async fetch({ url, method, headers, timeoutMs, maxBytes }: WebQuestion, signal: AbortSignal): Promise<WebAnswer> {
    const limits = {
      connect_ms: timeoutMs,
      headers_ms: timeoutMs,
      idle_ms: timeoutMs,
      total_ms: timeoutMs,
      response_bytes: maxBytes,
    }
    const body: EgressRequest = { url, method, headers: { ...headers }, purpose: 'tool.web_fetch', limits }
    const answer = await this.#airlock.open('POST', '/v1/fetch', { body, signal, timeoutMs: timeoutMs + MARGIN_MS })
    const pieces: Uint8Array[] = []
    for await (const piece of answer.body) pieces.push(piece)
    const head = EgressHead.parse(unpack(answer.header(EGRESS_HEAD_HEADER)))
    const end = EgressEnd.parse(unpack(answer.trailer(EGRESS_END_TRAILER)))
    if (end.state === 'failed') throw new CastellanError('egress_failed', end.message ?? 'The answer broke off.')
    return {
      url: head.url,
      status: head.status,
      contentType: head.headers.find(([name]) => name === 'content-type')?.[1] ?? null,
      bytes: Buffer.concat(pieces),
      truncated: end.state === 'truncated',
      redirects: head.redirects,
      redacted: head.redacted ?? [],
    }
  }
}

function unpack(text: string | undefined): unknown {
  if (text === undefined)
    throw new CastellanError('egress_failed', 'The answer broke off on its way through the airlock.')
  return JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))
}
