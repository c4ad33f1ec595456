import type { CastellanError } from '@castellan/contracts'
import type { FastifyInstance } from 'fastify'
import { toCastellanError } from '../../plugins/errors.ts'

interface OpenAiError {
  readonly error: {
    readonly message: string
    readonly type: string
    readonly param: null
    readonly code: string
  }
}

/** A refusal in the shape that OpenAI's clients read. */
export function openAiError({ message, code, status }: CastellanError): OpenAiError {
  return { error: { message, type: typeOf(status), param: null, code } }
}

/** Within `scope`, refusals have OpenAI's shape, whatever refused. */
export function answerAsOpenAi(scope: FastifyInstance): void {
  scope.setErrorHandler((thrown, request, reply) => {
    const error = toCastellanError(thrown)
    if (error.code === 'internal') request.log.error({ err: thrown }, 'a request failed')
    if (error.code === 'unauthorized') reply.header('www-authenticate', 'Bearer realm="castellan"')
    if (error.retryAfterSeconds !== undefined) reply.header('retry-after', String(Math.ceil(error.retryAfterSeconds)))
    return reply.code(error.status).type('application/json; charset=utf-8').send(openAiError(error))
  })
}

function typeOf(status: number): string {
  if (status === 401) return 'authentication_error'
  if (status === 403) return 'permission_error'
  if (status === 429) return 'rate_limit_error'
  return status < 500 ? 'invalid_request_error' : 'server_error'
}
