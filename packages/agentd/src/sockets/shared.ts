import { ApprovalId, CallRequest, CastellanError, LedgerIndex, LedgerQuery } from '@castellan/contracts'
import { addHealthRoute, reply, type SocketServer } from '@castellan/daemon'
import { z } from 'zod'
import type { Agentd } from '../agentd.ts'
import type { Caller } from '../calls/call.ts'
import { takeCall } from '../calls/path.ts'
import { withoutSecrets } from '../ledger/ledger-recorder.ts'

/** Largest body of a call, in bytes; everything else is far smaller. */
const MAX_CALL_BYTES = 256 * 1024
/** Longest that a question about an approval is held, in seconds. */
const MAX_WAIT_SECONDS = 30

const Wait = z.strictObject({ wait: z.coerce.number().min(0).max(MAX_WAIT_SECONDS).default(0) })

/** The routes that both sockets have. What differs is who is calling, and who may see what was in a call. */
export function addSharedRoutes(server: SocketServer, agentd: Agentd, caller: Caller['kind']): void {
  const payloads = caller === 'operator'
  const { approvals, calls, ledger } = agentd

  addHealthRoute(server, { name: 'agentd', state: agentd.state, detail: agentd.detail })

  server.route('GET', '/v1/tools', {}, () => calls.registry.listing)

  server.route('POST', '/v1/calls', { body: CallRequest, maxBodyBytes: MAX_CALL_BYTES }, async ({ body, signal }) => {
    const answer = await takeCall(calls, body, { kind: caller, signal })
    return reply(answer, { status: answer.status === 'done' ? 200 : 202 })
  })

  server.route('GET', '/v1/approvals', {}, () => ({ approvals: approvals.list() }))

  server.route('GET', '/v1/approvals/:id', { query: Wait }, ({ params, query, signal }) =>
    approvals.wait(approvalId(params.id), query.wait, signal),
  )

  server.route('GET', '/v1/ledger/head', {}, () => ledger.head())

  server.route('GET', '/v1/ledger/entries', { query: LedgerQuery }, ({ query }) => ledger.query(query, { payloads }))

  server.route('GET', '/v1/ledger/entries/:index', {}, async ({ params }) => {
    const record = await ledger.read(entryIndex(params.index))
    return payloads ? record : withoutSecrets(record)
  })
}

/** Throws `approval_unknown` for what cannot be the id of one. */
export function approvalId(text: string): ApprovalId {
  const id = ApprovalId.safeParse(text)
  if (id.success) return id.data
  throw new CastellanError('approval_unknown', `${JSON.stringify(text)} is no approval id; those look like apr_….`)
}

function entryIndex(text: string): LedgerIndex {
  const index = LedgerIndex.safeParse(/^\d{1,15}$/.test(text) ? Number(text) : undefined)
  if (index.success) return index.data
  throw new CastellanError('invalid_request', `${JSON.stringify(text)} is no ledger number; those count from 0.`)
}
