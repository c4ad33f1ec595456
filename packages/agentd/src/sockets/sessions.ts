import {
  AttachmentReport,
  BudgetRaise,
  BudgetScope,
  CapabilityId,
  CapabilityRevocation,
  CastellanError,
  ModeSetting,
  SessionId,
  SessionOpening,
  sessionOpeningText,
  TaintClearing,
  UsageReport,
} from '@castellan/contracts'
import type { SocketServer } from '@castellan/daemon'
import { z } from 'zod'
import type { Agentd } from '../agentd.ts'

const Scope = z.strictObject({ scope: BudgetScope.optional() })

/** What agents may say about their sessions: nothing that gives them more than they have. */
export function addSessionRoutes(server: SocketServer, { sessions, proofs, calls }: Agentd): void {
  server.route('POST', '/v1/sessions', { body: SessionOpening }, async ({ body }) => {
    const { name } = await proofs.standsBehind(sessionOpeningText(body), body.proof)
    return sessions.openings.open(body, name)
  })

  server.route('POST', '/v1/sessions/:id/usage', { body: UsageReport }, async ({ params, body }) => {
    const session = sessionId(params.id)
    calls.rates.take({ session, agent: body.agent }, USAGE)
    return { spent: await sessions.report(session, body) }
  })

  server.route('POST', '/v1/sessions/:id/attachments', { body: AttachmentReport }, async ({ params, body }) => {
    const session = sessionId(params.id)
    calls.rates.take({ session, agent: body.agent }, ATTACHMENTS)
    await sessions.takeAttachments(session, body)
    return { recorded: true }
  })

  server.route('POST', '/v1/capabilities/revocation', { body: CapabilityRevocation }, async ({ body }) => {
    try {
      return { id: await sessions.capabilities.surrender(body.capability) }
    } catch (error) {
      calls.refusals.note(error, 'somebody on agent.sock')
      throw error
    }
  })
}

/** Reports of tokens are limited like a tool, because each is a ledger entry. */
const USAGE = { name: 'usage', limits: { perMinute: 120 } }

const ATTACHMENTS = { name: 'attachments', limits: { perMinute: 60 } }

/** What the operator sees and sets, on operator.sock alone. */
export function addSessionKeepingRoutes(server: SocketServer, { sessions }: Agentd): void {
  const { capabilities } = sessions

  server.route('GET', '/v1/sessions', {}, () => sessions.list())

  server.route('POST', '/v1/sessions/mode', { body: ModeSetting }, async ({ body }) => {
    await sessions.setMode(body)
    return sessions.list()
  })

  server.route('POST', '/v1/sessions/taint', { body: TaintClearing }, async ({ body }) => {
    await sessions.clearTaint(body)
    return sessions.list()
  })

  server.route('GET', '/v1/budgets', { query: Scope }, ({ query }) => sessions.listBudgets(query.scope))
  server.route('POST', '/v1/budgets/raise', { body: BudgetRaise }, ({ body }) => sessions.raise(body))

  server.route('GET', '/v1/capabilities', {}, () => ({ capabilities: capabilities.list() }))
  server.route('POST', '/v1/capabilities/revocation', { body: CapabilityRevocation }, async ({ body }) => ({
    id: await capabilities.revoke(capabilityId(body.capability)),
  }))
}

function sessionId(text: string): SessionId {
  const id = SessionId.safeParse(text)
  if (id.success) return id.data
  throw new CastellanError('invalid_request', `${JSON.stringify(text)} is no session's id; those look like ses_….`)
}

function capabilityId(text: string): CapabilityId {
  const id = CapabilityId.safeParse(text)
  if (id.success) return id.data
  throw new CastellanError(
    'not_found',
    'The operator revokes a capability by its id, cap_…: `agentctl capability list`.',
  )
}
