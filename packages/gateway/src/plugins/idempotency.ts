import { createHash } from 'node:crypto'
import { CastellanError, canonicalJson } from '@castellan/contracts'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { KeptAnswer } from '../idempotency/kept.ts'
import type { Ending, Repetitions, Run } from '../idempotency/repetitions.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Set while a request runs that came with an `Idempotency-Key`. */
    onlyRun: Run | null
  }
}

/** Visible ASCII, as a header can carry it. */
const KEY_FORM = /^[\x21-\x7e]{1,255}$/
/** Largest answer that is kept, in characters; every answer of an operation that creates something is far smaller. */
const MAX_ANSWER = 256 * 1024
/** Headers that belong to an answer rather than to the exchange it went out in. */
const KEPT_HEADERS = ['content-type', 'location']

/** `Idempotency-Key` on every operation that creates something. */
export function addIdempotency(app: FastifyInstance, repetitions: Repetitions): void {
  app.decorateRequest('onlyRun', null)
  app.addHook('onRoute', (route) => {
    if (route.config?.operation?.creates !== true) return
    route.preHandler = [begin, ...[route.preHandler ?? []].flat()]
    route.onSend = [...[route.onSend ?? []].flat(), end]
  })

  async function begin(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
    const key = request.headers['idempotency-key']
    if (key === undefined) return undefined
    if (typeof key !== 'string' || !KEY_FORM.test(key)) {
      throw new CastellanError('invalid_request', 'Idempotency-Key has to be 1 to 255 visible ASCII characters.')
    }
    const found = await repetitions.begin(request.caller?.credential ?? 'public', key, fingerprintOf(request))
    if (found.kind === 'run') {
      request.onlyRun = found
      return undefined
    }
    const { status, headers, body } = found.answer
    return reply.code(status).headers(headers).header('idempotency-replayed', 'true').send(body)
  }

  /** The answer is on disk before the client has it: what was seen once can be seen again. */
  async function end(request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<unknown> {
    const run = request.onlyRun
    if (run === null) return payload
    request.onlyRun = null
    await run.end(endingOf(reply, payload))
    return payload
  }
}

/** Which request this is: with the same key, another one is a mistake. */
function fingerprintOf({ method, url, body }: FastifyRequest): string {
  const text = [method, url, canonical(body ?? null)].join('\n')
  return createHash('sha256').update(text).digest('hex')
}

function canonical(body: unknown): string {
  try {
    return canonicalJson(body)
  } catch (cause) {
    throw new CastellanError('invalid_request', 'The body is nested too deeply to be told from others.', { cause })
  }
}

/**
 * A refusal did nothing, so that the same key may try again, also after `Retry-After`. A failure in the middle (500, 502,
 * 504, or stopped) may have done something: saying so is the only honest answer to a repetition.
 */
function endingOf(reply: FastifyReply, payload: unknown): Ending {
  const { statusCode: status } = reply
  if (status >= 200 && status < 300) {
    if (payload !== null && payload !== undefined && typeof payload !== 'string') return { kind: 'unkept' }
    const body = payload ?? ''
    return body.length > MAX_ANSWER ? { kind: 'unkept' } : { kind: 'answered', answer: answerOf(reply, status, body) }
  }
  return [499, 500, 502, 504].includes(status) ? { kind: 'unkept' } : { kind: 'nothing_done' }
}

function answerOf(reply: FastifyReply, status: number, body: string): KeptAnswer {
  const headers = KEPT_HEADERS.flatMap((name) => {
    const value = reply.getHeader(name)
    return value === undefined ? [] : [[name, String(value)] as const]
  })
  return { status, headers: Object.fromEntries(headers), body }
}
