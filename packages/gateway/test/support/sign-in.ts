import { createHmac } from 'node:crypto'
import type { Answer, TestGateway } from './gateway.ts'

/** Redeems a code as the page does. */
export function redeem(
  gateway: TestGateway,
  code = gateway.agentd.signInCode,
  more: Record<string, string> = {},
): Promise<Answer> {
  const proof = createHmac('sha256', code).update('castellan sign-in').digest('hex')
  const headers = { 'content-type': 'application/json', origin: gateway.url, ...more }
  return gateway.ask('/sign-in', { method: 'POST', headers, body: JSON.stringify({ proof }) })
}

/** Signs a browser in and returns the headers its page then sends. */
export async function signIn(gateway: TestGateway): Promise<{ cookie: string; origin: string }> {
  const { headers } = await redeem(gateway)
  return { cookie: headers['set-cookie']?.[0]?.split(';', 1)[0] ?? '', origin: gateway.url }
}
