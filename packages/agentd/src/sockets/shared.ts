import { ApprovalId, type CallAnswer, CallRequest, CastellanError, Sha256Hex } from '@castellan/contracts'
import { addHealthRoute, ndjson, reply, type SocketServer } from '@castellan/daemon'
import { z } from 'zod'
import type { Agentd } from '../agentd.ts'
import type { Caller } from '../calls/call.ts'
import { takeCall } from '../calls/path.ts'
import { withProof } from '../calls/prove.ts'
import { callLines } from './call-lines.ts'
import { addFreezeRoute } from './emergency.ts'
import { addLedgerRoutes } from './ledger.ts'
import { addPolicyReadingRoutes } from './policy.ts'

/** Largest body of a call, in bytes; everything else is far smaller. */
const MAX_CALL_BYTES = 256 * 1024
/** Longest that a question about an approval is held, in seconds. */
const MAX_WAIT_SECONDS = 30

const WantsProof = z.strictObject({ proof: z.stringbool().default(false) })
/** Holds a listing until the registry is another one. */
const After = z.strictObject({
  after: Sha256Hex.optional(),
  wait: z.coerce.number().min(0).max(MAX_WAIT_SECONDS).default(0),
})
const Wait = z.strictObject({
  wait: z.coerce.number().min(0).max(MAX_WAIT_SECONDS).default(0),
  /** How many yeses the caller knows of: another number is news. */
  votes: z.coerce.number().int().min(0).optional(),
})

/** The routes that both sockets have. What differs is who is calling, and who may see what was in a call. */
export function addSharedRoutes(server: SocketServer, agentd: Agentd, caller: Caller['kind']): void {
  const { approvals, calls } = agentd

  addHealthRoute(server, { name: 'agentd', state: agentd.state, detail: agentd.detail })

  server.route('GET', '/v1/tools', { query: After }, async ({ query, signal }) => {
    if (query.after !== undefined) await calls.registry.changed(query.after, query.wait, signal)
    return calls.registry.listing
  })

  const callOptions = { body: CallRequest, query: WantsProof, maxBodyBytes: MAX_CALL_BYTES }
  server.route('POST', '/v1/calls', callOptions, async ({ body, query, headers, signal }) => {
    const make = async (onProgress?: Caller['onProgress']): Promise<CallAnswer> => {
      const answer = await takeCall(calls, body, { kind: caller, signal, ...(onProgress && { onProgress }) })
      return query.proof ? await withProof(calls, answer) : answer
    }
    if (headers.accept === 'application/x-ndjson') return ndjson(callLines(make))
    const answer = await make()
    return reply(answer, { status: answer.status === 'done' ? 200 : 202 })
  })

  server.route('GET', '/v1/approvals', {}, () => ({ approvals: approvals.list() }))

  server.route('GET', '/v1/approvals/:id', { query: Wait }, ({ params, query, signal }) =>
    approvals.wait(approvalId(params.id), query.wait, signal, query.votes),
  )

  addFreezeRoute(server, agentd)
  addLedgerRoutes(server, agentd, caller === 'operator')
  addPolicyReadingRoutes(server, agentd)
}

/** Throws `approval_unknown` for what cannot be the id of one. */
export function approvalId(text: string): ApprovalId {
  const id = ApprovalId.safeParse(text)
  if (id.success) return id.data
  throw new CastellanError('approval_unknown', `${JSON.stringify(text)} is no approval id; those look like apr_….`)
}
