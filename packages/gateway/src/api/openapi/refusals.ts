import { type ErrorCode, errorCatalogue } from '@castellan/contracts'
import type { Operation } from '@castellan/contracts/api'
import type { Json } from './components.ts'

/** What any operation can be refused with: each is judged before the operation is reached, or while it is read. */
const ANY: readonly ErrorCode[] = ['invalid_request', 'origin_refused', 'host_refused', 'rate_limited', 'internal']
/** What only one that asks for a credential is refused with. */
const CREDENTIAL: readonly ErrorCode[] = ['unauthorized', 'forbidden']
/** What only one that takes a body is refused with. */
const BODY: readonly ErrorCode[] = ['invalid_json', 'body_too_large', 'unsupported_media_type']
/** What only one that creates something is refused with: its Idempotency-Key came with another body, or is being served. */
const CREATES: readonly ErrorCode[] = ['conflict']

/** The statuses after which the same request can go well, and says when: `Retry-After`. */
const LATER: readonly number[] = [429, 503]

/** Every code that an operation can be refused with, by HTTP status. */
export function refusalsOf(operation: Operation): Map<number, ErrorCode[]> {
  const codes = new Set([
    ...operation.errors,
    ...ANY,
    ...(operation.scope === 'public' ? [] : CREDENTIAL),
    ...(operation.body === undefined ? [] : BODY),
    ...(operation.creates === true ? CREATES : []),
  ])
  const byStatus = new Map<number, ErrorCode[]>()
  for (const code of codes) {
    const status = errorCatalogue[code]
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  return new Map([...byStatus].sort(([a], [b]) => a - b))
}

/** The answers of an operation that are refusals, as OpenAPI has them. */
export function refusalAnswers(operation: Operation): Json {
  const schema = operation.refuses === 'openai' ? 'OpenAiError' : 'ErrorEnvelope'
  return Object.fromEntries(
    [...refusalsOf(operation)].map(([status, codes]) => [
      String(status),
      {
        description: codes.map((code) => `\`${code}\``).join(', '),
        headers: {
          'X-Request-Id': { $ref: '#/components/headers/X-Request-Id' },
          ...(LATER.includes(status) ? { 'Retry-After': { $ref: '#/components/headers/Retry-After' } } : {}),
        },
        content: {
          'application/json': {
            schema: { $ref: `#/components/schemas/${schema}` },
            'x-codes': codes,
          },
        },
      },
    ]),
  )
}
