import type { CallAnswer, CallRequest } from '@castellan/contracts'
import type { Log } from '@castellan/daemon'
import type { StandingRules } from '../approvals/always.ts'
import type { Approvals } from '../approvals/approvals.ts'
import type { Emergency } from '../emergency/emergency.ts'
import type { Host } from '../host/index.ts'
import type { Incidents } from '../incidents/incidents.ts'
import type { RefusalSeries } from '../incidents/series.ts'
import type { Recorder } from '../ledger/recorder.ts'
import type { Policy } from '../policy/policy.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { KeptInverses } from '../undo/kept.ts'
import { admit } from './admit.ts'
import { answer, answerPending } from './answer.ts'
import { approve } from './approve.ts'
import type { Caller } from './call.ts'
import { decide } from './decide.ts'
import type { InFlight } from './in-flight.ts'
import { intend } from './intend.ts'
import { plan } from './plan.ts'
import type { Rates } from './rates.ts'
import { record } from './record.ts'
import type { Registry } from './registry.ts'
import { run } from './run.ts'

/** What the path walks over. */
export interface CallParts {
  readonly registry: Registry
  readonly emergency: Pick<Emergency, 'refuseIfFrozen'>
  readonly inFlight: InFlight
  readonly rates: Rates
  readonly sessions: Sessions
  readonly incidents: Pick<Incidents, 'raise'>
  /** Told of every refusal of an agent's call, and of how those ended that ran. */
  readonly refusals: Pick<RefusalSeries, 'note' | 'noteRun'>
  readonly policy: Policy
  readonly approvals: Approvals
  readonly standing: StandingRules
  readonly ledger: Recorder
  /** What running calls would be taken back by. */
  readonly inverses: KeptInverses
  readonly host: Host
  readonly log: Log
}

/**
 * The one path of a tool call: every call takes it, whoever asks. A step that refuses throws, and nothing after it
 * happens. From `intend` on the ledger knows of the call, and a tool's own failure is an answer like any other.
 */
export async function takeCall(parts: CallParts, request: CallRequest, caller: Caller): Promise<CallAnswer> {
  try {
    return await walk(parts, request, caller)
  } catch (error) {
    if (caller.kind === 'agent') parts.refusals.note(error, request.agent)
    throw error
  }
}

async function walk(parts: CallParts, request: CallRequest, caller: Caller): Promise<CallAnswer> {
  using place = parts.inFlight.enter(request.call_id, caller.kind)

  const call = admit(parts, request, { ...caller, signal: AbortSignal.any([caller.signal, place.signal]) })
  using planned = await plan(parts, call)
  const decision = await decide(parts, call, planned)
  const permit = await approve(parts, call, planned, decision)
  if (permit.kind === 'pending') return answerPending(call, permit.approval)

  const intent = await intend(parts, call, planned, decision, permit)
  const report = await run(parts, call, planned, permit)
  if (caller.kind === 'agent') parts.refusals.noteRun(report.result, request.agent)
  const recorded = await record(parts, call, planned, intent, permit, report)
  return answer(call, report, recorded)
}
