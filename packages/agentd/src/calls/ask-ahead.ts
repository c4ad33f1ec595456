import { type CallOrigin, newId } from '@castellan/contracts'
import type { AskedAhead } from '../host/approvals.ts'
import { admit } from './admit.ts'
import { claimOf, questionAbout } from './approve.ts'
import { decide } from './decide.ts'
import type { CallParts } from './path.ts'
import { plan } from './plan.ts'

/**
 * The path of a call up to its question, for a call that is only described: admitted, planned and decided as if it were
 * made by the call that describes it, with its rights and its budgets; then a person is asked ahead. Nothing runs. Throws
 * what these steps refuse with.
 */
export async function askAhead(
  parts: CallParts,
  { tool, args }: { readonly tool: string; readonly args: Readonly<Record<string, unknown>> },
  { session, agent, caller: kind, call_id }: CallOrigin,
  signal: AbortSignal,
): Promise<AskedAhead> {
  const request = { call_id: newId('call'), session, agent, tool, args: { ...args } }
  const call = admit(parts, request, { kind, signal, within: parts.sessions.standingOf(call_id) })
  using planned = await plan(parts, call)
  const permission = await decide(parts, call, planned)
  if (permission.decision === 'allow') return { needed: false, reason: permission.reason }
  const claim = claimOf(parts, call, planned, permission)
  const earlier = parts.approvals.earlier(claim)
  if (earlier !== undefined) return { needed: true, approval: earlier }
  const question = await questionAbout(parts, call, claim, permission)
  return { needed: true, approval: await parts.approvals.ask(claim, { ...question, ahead: true }) }
}
