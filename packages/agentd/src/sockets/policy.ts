import {
  MAX_POLICY_BODY_BYTES,
  PolicyChangeRequest,
  PolicyDraft,
  PolicyExplainRequest,
  PolicyFileName,
  PolicyRevocationRequest,
  PolicyTrialRequest,
} from '@castellan/contracts'
import type { SocketServer } from '@castellan/daemon'
import { z } from 'zod'
import type { Agentd } from '../agentd.ts'
import type { SignedWords } from '../approvals/signed-words.ts'
import { recordedCalls } from '../policy/recorded-calls.ts'

const OPERATOR = { kind: 'operator', name: 'operator' } as const

const Newest = z.strictObject({ limit: z.coerce.number().int().min(1).max(1000).default(200) })
const OfFile = z.strictObject({ file: PolicyFileName })

/** On both sockets: what is in force, what it says of a call, and what was before. */
export function addPolicyReadingRoutes(server: SocketServer, { policyChanges, calls }: Agentd): void {
  server.route('GET', '/v1/policy', {}, () => policyChanges.view())
  server.route('GET', '/v1/policy/versions', { query: OfFile }, ({ query }) => policyChanges.versions(query.file))
  server.route('POST', '/v1/policy/explain', { body: PolicyExplainRequest }, ({ body }) =>
    calls.host.policy.explain(body),
  )
}

/** On agent.sock: trying and changing the policy by an operator's signature, which whoever carries it cannot make. */
export function addSignedPolicyRoutes(server: SocketServer, { policyChanges }: Agentd, words: SignedWords): void {
  const large = { maxBodyBytes: MAX_POLICY_BODY_BYTES }
  server.route('POST', '/v1/policy/trial', { body: PolicyTrialRequest, ...large }, ({ body, signal }) =>
    policyChanges.try(body, { words, signal }),
  )
  server.route('POST', '/v1/policy/change', { body: PolicyChangeRequest, ...large }, ({ body, signal }) =>
    policyChanges.save(body, { words, signal }),
  )
  server.route('POST', '/v1/policy/revocation', { body: PolicyRevocationRequest }, ({ body }) =>
    policyChanges.revoke(body, words),
  )
}

/** On operator.sock alone: without a signature nothing an agent can call loads rules or takes them out. */
export function addPolicyRoutes(server: SocketServer, { policy, policyChanges, always, ledger }: Agentd): void {
  server.route('POST', '/v1/policy/reload', {}, () => policy.reload(OPERATOR))
  const draft = { body: PolicyDraft, maxBodyBytes: MAX_POLICY_BODY_BYTES }
  server.route('POST', '/v1/policy/trial', draft, ({ body, signal }) => policyChanges.tryAsRoot(body, signal))
  server.route('GET', '/v1/policy/calls', { query: Newest }, ({ query }) => recordedCalls(ledger, query.limit))
  server.route('DELETE', '/v1/policy/rules/:id', {}, ({ params }) => always.revoke(params.id ?? '', OPERATOR))
}
