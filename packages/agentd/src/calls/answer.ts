import type { Approval, CallOutcome, CallPending, UndoState } from '@castellan/contracts'
import type { Call } from './call.ts'
import type { Recorded } from './record.ts'
import type { RunReport } from './run.ts'

/** What the caller is told of a call that ran. */
export function answer(call: Call, report: RunReport, { index, labels, screening }: Recorded): CallOutcome {
  const { result, durationMs } = report
  const undo = undoState(call, report)
  return {
    status: 'done',
    call_id: call.call_id,
    tool: call.name,
    ok: result.ok,
    ...(result.ok ? { result: result.output } : { error: result.error.toEnvelope() }),
    summary: result.ok ? result.summary : result.error.message,
    ledger_index: index,
    duration_ms: durationMs,
    ...(undo === undefined ? {} : { undo }),
    ...(labels.length === 0 ? {} : { taint: [...labels] }),
    ...(screening === undefined ? {} : { screening }),
  }
}

/** What the caller is told of a call that waits for a person. */
export function answerPending(call: Call, approval: Approval): CallPending {
  return {
    status: 'approval_required',
    call_id: call.call_id,
    tool: call.name,
    approval_id: approval.approval_id,
    reason: approval.reason,
    expires_at: approval.binding.expires_at,
  }
}

function undoState({ tool }: Call, { inverse, result }: RunReport): UndoState | undefined {
  if (inverse !== undefined) return { possible: true, description: inverse.description }
  if (tool.effect === 'read' || !result.ok) return undefined
  return {
    possible: false,
    description: tool.undo !== 'none' ? 'Nothing was changed.' : 'This cannot be taken back.',
  }
}
