import {
  AttestationRequest,
  ContainmentApplied,
  type ContainmentState,
  IncidentContainment,
  type IncidentListing,
  RecoveryRequest,
  recoveryText,
  SignedRecovery,
} from '@castellan/contracts'
import { reply, type SocketServer } from '@castellan/daemon'
import { z } from 'zod'
import type { Agentd } from '../agentd.ts'
import type { SignedWords } from '../approvals/signed-words.ts'

/** Longest that a question is held, in seconds. */
const MAX_WAIT_SECONDS = 30

const Known = z.strictObject({
  known: z.string().max(64).optional(),
  wait: z.coerce.number().min(0).max(MAX_WAIT_SECONDS).default(0),
})

/**
 * On agent.sock: what the gateway has to hold shut, and the way back from an incident, also while agents are frozen: what is shown of it is
 * what `incident_list` tells an agent, and each step is one that an operator signed.
 */
export function addIncidentRoutes(server: SocketServer, agentd: Agentd, words: SignedWords): void {
  const { hold, incidents, recovery } = agentd
  server.route('GET', '/v1/containment', { query: Known }, ({ query, signal }): Promise<ContainmentState> => {
    return hold.changed(query.known, query.wait, signal)
  })
  server.route('POST', '/v1/containment/applied', { body: ContainmentApplied }, ({ body }) => {
    hold.applied(body.version)
    return reply(hold.state, { status: 200 })
  })

  server.route('GET', '/v1/incidents', {}, (): IncidentListing => ({ incidents: incidents.list() }))
  server.route('GET', '/v1/incidents/:id/recovery', {}, ({ params }) => recovery.plan(params.id as string))
  server.route('POST', '/v1/incidents/:id/recovery', { body: SignedRecovery }, async ({ params, body, signal }) => {
    const id = params.id as string
    const { name } = await words.signer(recoveryText(id, body), body, 'a recovery on agent.sock')
    const { step, force, reason } = body
    return recovery.take(id, { step, force, reason }, name, signal)
  })
}

/** On operator.sock: the kernel lets root in and nobody else. */
export function addIncidentKeepingRoutes(server: SocketServer, agentd: Agentd): void {
  const { incidents, containments, recovery, bundles, attestor } = agentd
  server.route('POST', '/v1/attestation', { body: AttestationRequest }, ({ body }) => attestor.attest(body.nonce))
  server.route('GET', '/v1/incidents', {}, (): IncidentListing => ({ incidents: incidents.list() }))
  server.route('GET', '/v1/incidents/:id', {}, ({ params }) => incidents.get(params.id as string))
  server.route('POST', '/v1/incidents/:id/containment', { body: IncidentContainment }, async ({ params, body }) => {
    const id = params.id as string
    await incidents.step(id, 'operator', `Contain by ${body.action}: ${body.reason}`, false)
    return containments.contain(id, body.action, 'operator')
  })
  server.route('GET', '/v1/incidents/:id/recovery', {}, ({ params }) => recovery.plan(params.id as string))
  server.route('POST', '/v1/incidents/:id/recovery', { body: RecoveryRequest }, ({ params, body, signal }) =>
    recovery.take(params.id as string, body, 'operator', signal),
  )
  server.route('GET', '/v1/incidents/:id/bundle', {}, ({ params }) => bundles.make(params.id as string))
}
