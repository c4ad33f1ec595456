import type { Tool } from '../define.ts'
import { approvalList } from './approval_list.ts'
import { approvalRequest } from './approval_request.ts'
import { approvalStatus } from './approval_status.ts'
import { ledgerProve } from './ledger_prove.ts'
import { ledgerQuery } from './ledger_query.ts'
import { ledgerVerify } from './ledger_verify.ts'
import { policyExplain } from './policy_explain.ts'
import { receiptList } from './receipt_list.ts'
import { undoApply } from './undo_apply.ts'
import { undoPreview } from './undo_preview.ts'

export const accountabilityTools: readonly Tool[] = [
  ledgerQuery,
  ledgerVerify,
  ledgerProve,
  undoPreview,
  undoApply,
  approvalRequest,
  approvalList,
  approvalStatus,
  receiptList,
  policyExplain,
]
