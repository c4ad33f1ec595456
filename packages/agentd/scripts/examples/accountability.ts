import type { RecordCall } from './record.ts'

export async function accountabilityExamples(record: RecordCall): Promise<void> {
  await record('ledger_query', { tool: 'file_delete', limit: 2 })
  await record('ledger_verify')
  await record('ledger_prove', { index: 3 })
  const { approval } = await record('approval_request', { tool: 'service_restart', args: { unit: 'web' } }, 'main')
  const { approvalId } = (approval ?? {}) as { approvalId?: string }
  await record('approval_list', {}, 'main')
  await record('approval_status', { approvalId: approvalId ?? 'apr_00000000' }, 'main')
  await record('policy_explain', { tool: 'service_restart', args: { unit: 'web' }, mode: 'operate' })
  await record('receipt_list', { limit: 2 })
  await record('undo_preview')
  await record('undo_apply')
}
