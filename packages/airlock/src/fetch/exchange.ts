import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { CastellanError, type Destination, type EgressLimits } from '@castellan/contracts'
import { words } from '../dial/dialer.ts'
import type { Address } from './address.ts'
import type { DialOptions, Pool, Route } from './pool.ts'

/** Of an answer, in bytes. */
const MAX_HEADER_BYTES = 16 * 1024

/** One request to one host: the first, or a redirect's. */
export interface Hop {
  readonly address: Address
  readonly destination: Destination
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer | undefined
}

/** Headers that were put in for this request alone. */
export type Added = Readonly<Record<string, string>>

export interface Exchange {
  /** As it was written to the connection, secrets and all. */
  readonly sent: { readonly line: string; readonly headers: readonly (readonly [string, string])[] }
  readonly response: IncomingMessage
  /** The address that was connected to. */
  readonly remote: string | undefined
  /** Closes the connection where the answer was not read to its end. */
  readonly close: () => void
}

/**
 * Sends a request and resolves once the answer's headers are there. Throws `egress_denied`, `egress_failed` and `egress_timeout`
 * with how far it came, and what `signal` was aborted with.
 */
export function exchange(
  hop: Hop,
  added: Added,
  pool: Pool,
  limits: EgressLimits,
  signal: AbortSignal,
  route?: Route,
): Promise<Exchange> {
  const { address, destination, headers, body } = hop
  const { url, aim } = address
  signal.throwIfAborted()
  const dialling: DialOptions = { dialWithinMs: limits.connect_ms, dialSignal: signal }
  const request = httpRequest({
    // TLS is the connection's own matter: the agent hands over one that speaks it already.
    agent: pool.agentFor(destination, aim, route),
    method: aim.method,
    host: aim.host,
    port: aim.port,
    path: `${url.pathname}${url.search}`,
    headers: {
      'user-agent': 'castellan',
      ...headers,
      ...added,
      host: url.host,
      // What comes back is looked at; nothing that unfolds to more than it says is taken.
      'accept-encoding': 'identity',
      ...(body === undefined ? {} : { 'content-length': body.length }),
    },
    maxHeaderSize: MAX_HEADER_BYTES,
    ...dialling,
  })
  const answered = headersOf(request, aim.host, limits.headers_ms, signal)
  request.end(body)
  return answered
}

/** Node writes the connection's own header itself: a kept connection says so. */
function sentBy(request: ClientRequest): Exchange['sent'] {
  const headers = request
    .getRawHeaderNames()
    .map((name): [string, string] => [name, String(request.getHeader(name) ?? '')])
  const kept = request.shouldKeepAlive ? 'keep-alive' : 'close'
  return { line: `${request.method} ${request.path} HTTP/1.1`, headers: [...headers, ['connection', kept]] }
}

function headersOf(request: ClientRequest, host: string, withinMs: number, signal: AbortSignal): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    let connected = false
    let timer: NodeJS.Timeout | undefined
    const detail = (): { stage: string; sent: boolean } => ({ stage: 'answer', sent: connected })
    const onAbort = (): void => settle(signal.reason)
    const settle = (error?: unknown): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      if (error === undefined) return
      request.destroy()
      reject(error)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    request.once('socket', () => {
      connected = true
      const late = new CastellanError('egress_timeout', `${host} did not answer within ${withinMs} ms.`, {
        detail: detail(),
      })
      timer = setTimeout(() => settle(late), withinMs)
    })
    // Stays: an error after the answer has begun is the body's, and must not be nobody's.
    request.on('error', (cause: NodeJS.ErrnoException) => {
      if (cause instanceof CastellanError) return settle(cause)
      const why = cause.code === 'HPE_HEADER_OVERFLOW' ? 'its headers are too large' : protocolWords(cause)
      settle(new CastellanError('egress_failed', `${host} gave no answer: ${why}.`, { detail: detail(), cause }))
    })
    request.once('upgrade', (_response, socket: Socket) => {
      socket.destroy()
      const sentence = `${host} changes to another protocol, which is not let through.`
      settle(new CastellanError('egress_failed', sentence, { detail: detail() }))
    })
    request.once('response', (response) => {
      const refusal = unusable(response)
      if (refusal !== undefined) {
        const sentence = `${host} gave an answer that is not taken: ${refusal}.`
        return settle(new CastellanError('egress_failed', sentence, { detail: detail() }))
      }
      settle()
      const remote = request.socket?.remoteAddress
      resolve({ sent: sentBy(request), response, remote, close: () => request.destroy() })
    })
  })
}

function unusable({ statusCode = 0, headers }: IncomingMessage): string | undefined {
  if (statusCode < 200 || statusCode > 599) return `its status is ${statusCode}`
  const coding = headers['content-encoding']?.trim().toLowerCase() ?? ''
  if (coding !== '' && coding !== 'identity') return 'it is compressed, although that was not asked for'
  return undefined
}

function protocolWords(cause: NodeJS.ErrnoException): string {
  return /^HPE_/.test(cause.code ?? '') ? 'it does not speak HTTP as it should' : words(cause)
}
