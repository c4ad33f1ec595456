import type { TokenRequest } from '@castellan/contracts/api'
import type { Answer, TestGateway } from './gateway.ts'

interface Asking {
  readonly method?: string
  readonly body?: unknown
  /** The owner's without it; null: none. */
  readonly token?: string | null
  readonly headers?: Record<string, string>
}

/** A request of a program: JSON, and a token. */
export function request(gateway: TestGateway, path: string, asking: Asking = {}): Promise<Answer> {
  const { body, token = gateway.token, headers = {} } = asking
  const method = asking.method ?? (body === undefined ? 'GET' : 'POST')
  return gateway.ask(path, {
    method,
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
}

/** Makes a token and answers its secret and its id. */
export async function makeToken(
  gateway: TestGateway,
  asked: Partial<Omit<TokenRequest, 'agent'>> & { agent?: string } = {},
  token?: string,
): Promise<{ secret: string; id: string }> {
  const body = { name: 'test', scopes: ['read'], ...asked }
  const { status, json } = await request(gateway, '/api/v1/tokens', { body, ...(token === undefined ? {} : { token }) })
  if (status !== 201) throw new Error(`${json.code}: ${json.message}`)
  return { secret: String(json.token), id: String(json.token_id) }
}
