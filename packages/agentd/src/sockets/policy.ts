import { PolicyExplainRequest } from '@castellan/contracts'
import type { SocketServer } from '@castellan/daemon'
import { z } from 'zod'
import type { Agentd } from '../agentd.ts'
import { recordedCalls } from '../policy/recorded-calls.ts'

const OPERATOR = { kind: 'operator', name: 'operator' } as const

const Newest = z.strictObject({ limit: z.coerce.number().int().min(1).max(1000).default(200) })

/** Policy, on operator.sock alone: nothing an agent can call loads rules or takes them out. */
export function addPolicyRoutes(server: SocketServer, { policy, always, calls, ledger }: Agentd): void {
  server.route('GET', '/v1/policy', {}, () => policy.status())
  server.route('POST', '/v1/policy/reload', {}, () => policy.reload(OPERATOR))
  server.route('POST', '/v1/policy/explain', { body: PolicyExplainRequest }, ({ body }) =>
    calls.host.policy.explain(body),
  )
  server.route('GET', '/v1/policy/calls', { query: Newest }, ({ query }) => recordedCalls(ledger, query.limit))
  server.route('DELETE', '/v1/policy/rules/:id', {}, ({ params }) => always.revoke(params.id ?? '', OPERATOR))
}
