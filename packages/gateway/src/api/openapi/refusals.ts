import { type ErrorCode, errorCatalogue } from '@castellan/contracts'
import type { Operation } from '@castellan/contracts/api'
import type { Json } from './components.ts'

/** What any operation can be refused with: each is judged before the operation is reached, or while it is read. */
const ANY: readonly ErrorCode[] = [
  'invalid_request',
  'origin_refused',
  'host_refused',
  'body_too_large',
  'headers_too_large',
  'rate_limited',
  'internal',
]
/** What only one that asks for a credential is refused with. */
const CREDENTIAL: readonly ErrorCode[] = ['unauthorized', 'forbidden']
/** What a body is refused with, also where none is wanted. */
const BODY: readonly ErrorCode[] = ['invalid_json', 'unsupported_media_type']
/** What only one that creates something is refused with, for the sake of its Idempotency-Key. */
const CREATES: readonly ErrorCode[] = ['idempotency_conflict', 'idempotency_unknown']

/** The statuses after which the same request can go well, and says when: `Retry-After`. */
const LATER: readonly number[] = [429, 503]

/** Every code that an operation can be refused with, by HTTP status. */
export function refusalsOf(operation: Operation): Map<number, ErrorCode[]> {
  const codes = new Set([
    ...operation.errors,
    ...ANY,
    ...(operation.scope === 'public' ? [] : CREDENTIAL),
    ...(operation.method === 'GET' ? [] : BODY),
    ...(operation.creates === true ? CREATES : []),
  ])
  const byStatus = new Map<number, ErrorCode[]>()
  for (const code of codes) {
    const status = errorCatalogue[code]
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  return new Map([...byStatus].sort(([a], [b]) => a - b))
}

/** The answers of an operation that are refusals; those that many have alike stand among the components once. */
export function refusalAnswers(operation: Operation): Json {
  const answers = [...refusalsOf(operation)].map(([status, codes]) => {
    const name = sharedName(operation, codes)
    const answer =
      name === undefined ? describeRefusal(operation, status, codes) : { $ref: `#/components/responses/${name}` }
    return [String(status), answer]
  })
  return Object.fromEntries(answers)
}

/** The refusals that {@link refusalAnswers} refers to, by name. */
export function sharedRefusals(operations: readonly Operation[]): Json {
  const shared: Record<string, Json> = {}
  for (const operation of operations) {
    for (const [status, codes] of refusalsOf(operation)) {
      const name = sharedName(operation, codes)
      if (name !== undefined) shared[name] ??= describeRefusal(operation, status, codes)
    }
  }
  return Object.fromEntries(Object.entries(shared).sort(([one], [other]) => (one < other ? -1 : 1)))
}

/** Of a refusal that has no code of the operation's own. */
function sharedName({ refuses }: Operation, codes: readonly ErrorCode[]): string | undefined {
  const general = [...ANY, ...CREDENTIAL, ...BODY, ...CREATES]
  if (codes.some((code) => !general.includes(code))) return undefined
  return [...codes, ...(refuses === undefined || isEarly(codes) ? [] : [refuses])].join('.')
}

function describeRefusal({ refuses }: Operation, status: number, codes: readonly ErrorCode[]): Json {
  const schema = refuses === 'openai' && !isEarly(codes) ? 'OpenAiError' : 'ErrorEnvelope'
  return {
    description: codes.map((code) => `\`${code}\``).join(', '),
    headers: {
      'X-Request-Id': { $ref: '#/components/headers/X-Request-Id' },
      ...(LATER.includes(status) ? { 'Retry-After': { $ref: '#/components/headers/Retry-After' } } : {}),
    },
    content: { 'application/json': { schema: { $ref: `#/components/schemas/${schema}` }, 'x-codes': codes } },
  }
}

/** Whether this comes before anybody knows which operation is asked, and so in which shape it refuses. */
function isEarly(codes: readonly ErrorCode[]): boolean {
  return codes.every((code) => code === 'headers_too_large')
}
