import {
  CastellanError,
  type EgressEnd,
  type EgressHead,
  type EgressRequest,
  MAX_EGRESS_BODY_BYTES,
} from '@castellan/contracts'
import type { z } from 'zod'
import type { Book } from '../destinations/book.ts'
import type { Rates } from '../destinations/rate.ts'
import type { Flight, Flights } from '../flights.ts'
import type { Gate } from '../inspection/gate.ts'
import type { Recorder } from '../record/recorder.ts'
import { EchoFilter } from '../secrets/echo.ts'
import type { Secrets } from '../secrets/secrets.ts'
import { readAddress } from './address.ts'
import { bodyOf, withoutEcho } from './body.ts'
import { type Exchange, exchange, type Hop } from './exchange.ts'
import { inwardHeaders, outwardHeaders } from './headers.ts'
import type { Pool, Route } from './pool.ts'
import { makeReady, type Ready } from './ready.ts'
import { type NextHop, nextHop } from './redirect.ts'
import { toldOf } from './told.ts'

const MAX_REDIRECTS = 5

export interface Answer {
  readonly head: EgressHead
  readonly body: AsyncIterable<Uint8Array>
  /** How it ended; known once the body is at its end. */
  readonly end: () => EgressEnd
}

export interface FetcherParts {
  readonly book: Book
  readonly rates: Rates
  readonly flights: Flights
  readonly recorder: Recorder
  readonly pool: Pool
  readonly gate: Gate
  readonly secrets: Secrets
}

/** What the socket that a request came by says about it. */
export interface Caller {
  /** Whether its headers may hold credentials of its own; otherwise only those that the airlock puts in. */
  readonly credentials: boolean
  /** By which way, where hosts are not dialled. */
  readonly route?: Route
}

type Request = z.output<typeof EgressRequest>

/** The way of a request to the outside, as steps: read, admit, look into, record, send, follow, answer, record how it ended. */
export class Fetcher {
  readonly #parts: FetcherParts

  constructor(parts: FetcherParts) {
    this.#parts = parts
  }

  /** Resolves once the answer's headers are there. Throws as `contracts/airlock.ts` and docs/airlock.md say. */
  async fetch(request: Request, client: AbortSignal, caller: Caller = { credentials: true }): Promise<Answer> {
    const { first, stripped } = this.#read(request, caller)
    await this.#parts.book.ready()
    let hop = this.#admit(first, request)
    const flight = this.#takeOff(() => hop.destination.id, request, client)
    const put: string[] = []
    const redacted = new Set<string>()
    try {
      for (let redirects = 0; ; redirects++) {
        const startedAt = performance.now()
        const ready = await makeReady(this.#parts, hop, { purpose: request.purpose, caller, signal: flight.signal })
        hop = ready.hop
        for (const kind of ready.checked.redacted) redacted.add(kind)
        put.push(...ready.injected.flatMap(({ value, secret }) => [secret, value]))
        const index = await this.#record(ready, request, redirects, caller)
        const sent = await this.#send(ready, request, index, startedAt, flight.signal, caller)
        const next = request.redirect === 'follow' ? this.#redirect(hop, sent, index, startedAt) : undefined
        if (next === undefined) {
          const echo = put.length === 0 ? undefined : new EchoFilter(put)
          const inward = inwardHeaders(sent.response)
          const head: EgressHead = {
            status: sent.response.statusCode ?? 0,
            headers: echo === undefined ? inward : inward.map(([name, value]) => [name, echo.text(value)]),
            url: hop.address.url.href,
            redirects,
            stripped,
            ...(redacted.size === 0 ? {} : { redacted: [...redacted] }),
            ...toldOf(sent, ready),
            index,
          }
          return this.#answer(head, sent, hop, request, startedAt, flight, echo)
        }
        if (redirects === MAX_REDIRECTS) {
          throw new CastellanError(
            'egress_failed',
            `${first.address.aim.host} leads on and on: 5 redirects are followed.`,
            {
              detail: { stage: 'answer', sent: true },
            },
          )
        }
        hop = this.#admit(next, request)
      }
    } catch (error) {
      flight.land()
      throw error
    }
  }

  /** What is asked for, without what may not leave. Throws `invalid_request`, `body_too_large`, `egress_denied`. */
  #read(request: Request, { credentials }: Caller): { readonly first: NextHop; readonly stripped: string[] } {
    const { method, purpose } = request
    const body = request.body === undefined ? undefined : Buffer.from(request.body, 'base64')
    if (body !== undefined && body.length > MAX_EGRESS_BODY_BYTES) {
      throw new CastellanError('body_too_large', `A request's body is at most ${MAX_EGRESS_BODY_BYTES} bytes.`)
    }
    if (body !== undefined && (method === 'GET' || method === 'HEAD')) {
      throw new CastellanError('invalid_request', `${method} takes no body. Leave it out, or use another method.`)
    }
    const { headers, stripped } = outwardHeaders(request.headers, credentials)
    try {
      return { first: { address: readAddress(request.url, method), headers, body }, stripped }
    } catch (error) {
      const { code } = error as CastellanError
      if (code === 'egress_denied')
        this.#parts.recorder.refused({ type: 'egress_refused', purpose, method, ok: false, code })
      throw error
    }
  }

  /** Finds the entry that lets this out and counts it there. A refusal is put on record. */
  #admit(next: NextHop, { purpose }: Request): Hop {
    const { aim } = next.address
    try {
      const destination = this.#parts.book.admit(aim)
      this.#parts.rates.spend(destination)
      return { ...next, destination }
    } catch (error) {
      const { code } = error as CastellanError
      const { method, host } = aim
      this.#parts.recorder.refused({ type: 'egress_refused', purpose, method, host, ok: false, code })
      throw error
    }
  }

  /** From here on the client's leaving, the time limit, and the operator end it. */
  #takeOff(destination: () => string, { limits }: Request, client: AbortSignal): Flight {
    client.throwIfAborted()
    const flight = this.#parts.flights.start(destination)
    const onGone = (): void => flight.abort(new CastellanError('cancelled', 'The client went away.'))
    const timer = setTimeout(() => {
      const sentence = `The request took longer than the ${limits.total_ms} ms it was given.`
      flight.abort(new CastellanError('egress_timeout', sentence, { detail: { stage: 'body', sent: true } }))
    }, limits.total_ms)
    client.addEventListener('abort', onGone, { once: true })
    const land = (): void => {
      clearTimeout(timer)
      client.removeEventListener('abort', onGone)
      flight.land()
    }
    return { ...flight, land }
  }

  #record(
    { hop, checked, injected }: Ready,
    { purpose }: Request,
    redirects: number,
    { route }: Caller,
  ): Promise<number> {
    const { address, destination, body } = hop
    const { method, scheme, host, port } = address.aim
    const bytes = body?.length ?? 0
    const { redacted, released } = checked
    return this.#parts.recorder.before({
      type: 'egress_request',
      purpose,
      destination: destination.id,
      method,
      scheme,
      host,
      port,
      bytes,
      ...(redirects === 0 ? {} : { redirect: redirects }),
      ...(redacted.length === 0 ? {} : { redacted: redacted.join(',').slice(0, 500) }),
      ...(injected.length === 0
        ? {}
        : {
            secrets: injected
              .map(({ name }) => name)
              .join(',')
              .slice(0, 500),
          }),
      ...(released === undefined ? {} : { released }),
      ...(route === undefined ? {} : { via: 'tor' as const }),
    })
  }

  async #send(
    { hop, injected }: Ready,
    { limits }: Request,
    target: number,
    startedAt: number,
    signal: AbortSignal,
    { route }: Caller,
  ): Promise<Exchange> {
    try {
      const added = Object.fromEntries(injected.map(({ header, value }) => [header, value]))
      return await exchange(hop, added, this.#parts.pool, limits, signal, route)
    } catch (error) {
      const code = error instanceof CastellanError ? error.code : 'internal'
      this.#parts.recorder.after({
        type: 'egress_ended',
        target,
        bytes: 0,
        duration_ms: Math.round(performance.now() - startedAt),
        ok: false,
        code,
      })
      throw error
    }
  }

  /** Where the answer leads, and the end of the request that led there. */
  #redirect(hop: Hop, sent: Exchange, target: number, startedAt: number): NextHop | undefined {
    const ended = (outcome: { ok: true } | { ok: false; code: string }): void => {
      sent.close()
      this.#ended(sent, target, startedAt, { bytes: 0, ...outcome })
    }
    try {
      const next = nextHop(hop, sent.response)
      if (next !== undefined) ended({ ok: true })
      return next
    } catch (error) {
      ended({ ok: false, code: (error as CastellanError).code })
      throw error
    }
  }

  #answer(
    head: EgressHead,
    sent: Exchange,
    { address }: Hop,
    { limits }: Request,
    startedAt: number,
    flight: Flight,
    echo: EchoFilter | undefined,
  ): Answer {
    let end: EgressEnd = { state: 'failed', bytes: 0, code: 'cancelled' }
    const onEnd = (how: EgressEnd): void => {
      end = how
      flight.land()
      const { state, bytes } = how
      const code = state === 'truncated' ? 'egress_truncated' : how.code
      const outcome = state === 'complete' ? { ok: true } : { ok: false, ...(code === undefined ? {} : { code }) }
      this.#ended(sent, head.index, startedAt, { bytes, ...outcome })
    }
    const body = bodyOf(sent, address.aim.host, limits, flight.signal, onEnd)
    return { head, body: echo === undefined ? body : withoutEcho(body, echo), end: () => end }
  }

  #ended(
    { response, remote }: Exchange,
    target: number,
    startedAt: number,
    rest: { bytes: number; ok: boolean; code?: string },
  ): void {
    const status = response.statusCode
    this.#parts.recorder.after({
      type: 'egress_ended',
      target,
      duration_ms: Math.round(performance.now() - startedAt),
      ...(remote === undefined ? {} : { address: remote }),
      ...(status === undefined ? {} : { status }),
      ...rest,
    })
  }
}
