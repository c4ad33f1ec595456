import { Readable } from 'node:stream'
import { CastellanError } from '@castellan/contracts'
import type { AnswerOf, BodyOf, Operation, ParamsOf, QueryOf } from '@castellan/contracts/api'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import type { Caller } from '../plugins/auth.ts'
import { parse } from './parse.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the route is in the v1 API: scopes, idempotency, limits and metrics go by it. */
    operation?: Operation
  }
}

/** A request for an operation, its parts read and checked. */
export interface Asked<O extends Operation> {
  readonly params: ParamsOf<O>
  readonly query: QueryOf<O>
  readonly body: BodyOf<O>
  /** Null only where the operation is public. */
  readonly caller: O['scope'] extends 'public' ? Caller | null : Caller
  /** Aborted when the client goes away before it was answered. */
  readonly signal: AbortSignal
  readonly request: FastifyRequest
  /** For headers; the status and the body are the operation's. */
  readonly reply: FastifyReply
}

/** Holds that nothing is served under /api/v1/ that is not described: such a route fails the start. Call it before any route. */
export function refuseUndescribed(app: FastifyInstance): void {
  app.addHook('onRoute', ({ url, method, config }) => {
    if (!url.startsWith('/api/v1/') || method === 'HEAD' || config?.operation !== undefined) return
    throw new TypeError(`${String(method)} ${url} has no operation; describe it in contracts/src/api`)
  })
}

type Answered<O extends Operation> = O['content'] extends string
  ? Readable
  : O['event'] extends z.ZodType
    ? AnswerOf<O> | Readable
    : AnswerOf<O>

/**
 * Serves an operation as it is described. What does not fit its schemas is refused with `invalid_request`. `checked`
 * also holds answers to their schema, which tests want and requests at work need not pay for.
 */
export function serve<O extends Operation>(
  app: FastifyInstance,
  operation: O,
  handle: (asked: Asked<O>) => Promise<Answered<O>> | Answered<O>,
): void {
  const { method, path, params, query, body, maxBodyBytes, scope, status, content } = operation
  app.route({
    method,
    url: path.replaceAll(/\{([a-z_]+)\}/g, ':$1'),
    config: { operation, public: scope === 'public' },
    ...(maxBodyBytes === undefined ? {} : { bodyLimit: maxBodyBytes }),
    handler: (request, reply) => {
      const parts = {
        params: params === undefined ? undefined : parse(params, request.params, 'The address'),
        query: query === undefined ? undefined : parse(query, request.query, 'The query'),
        body: body === undefined ? undefined : parse(body, request.body, 'The body'),
      }
      const answer = handle(new AskedNow(parts, request, reply) as unknown as Asked<O>)
      // What is at hand goes out at once: a promise of it would cost a turn of the loop.
      return answer instanceof Promise ? answer.then(send) : send(answer)

      function send(answer: Answered<O>): unknown {
        refuseEnded(request)
        reply.code(status)
        if (answer instanceof Readable) {
          endWithCredential(request, reply)
          return reply.type(content ?? 'text/event-stream').send(answer)
        }
        const body = app.checksAnswers ? operation.answer?.parse(answer) : answer
        return body === undefined ? reply.send() : body
      }
    },
  })
}

/** A request while it is served. */
class AskedNow {
  readonly params: unknown
  readonly query: unknown
  readonly body: unknown
  readonly caller: Caller | null
  readonly request: FastifyRequest
  readonly reply: FastifyReply

  constructor(parts: Record<'params' | 'query' | 'body', unknown>, request: FastifyRequest, reply: FastifyReply) {
    this.params = parts.params
    this.query = parts.query
    this.body = parts.body
    this.caller = request.caller
    this.request = request
    this.reply = reply
  }

  /** Made for those who look at it: most answers are there at once. */
  get signal(): AbortSignal {
    return runsToItsEnd(this.request) ? new AbortController().signal : goneSignal(this.reply)
  }
}

/**
 * A token may be revoked while its request runs; then nobody is left who may read the answer. What changed something is
 * answered all the same: it was allowed when it began, and it may have ended its own token.
 */
function refuseEnded({ caller, method }: FastifyRequest): void {
  if (method !== 'GET' || caller?.standing.ended !== true) return
  throw new CastellanError('unauthorized', 'Your token or sign-in ended while this was served; use another.')
}

/** With an `Idempotency-Key` a client that went away comes back for the answer, so there has to be one. */
function runsToItsEnd({ onlyRun, routeOptions }: FastifyRequest): boolean {
  return onlyRun !== null && routeOptions.config.operation?.event === undefined
}

/** A stream that was opened with a credential breaks off before its next piece once that ends. */
function endWithCredential({ caller }: FastifyRequest, { raw }: FastifyReply): void {
  if (caller === null) return
  raw.once(
    'close',
    caller.standing.onEnd(() => raw.destroy()),
  )
}

function goneSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController()
  const { raw } = reply
  const onClose = () => {
    if (!raw.writableFinished) gone.abort()
  }
  if (raw.closed) onClose()
  else raw.once('close', onClose)
  return gone.signal
}
