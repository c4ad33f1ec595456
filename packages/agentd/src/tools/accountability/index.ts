import type { Tool } from '../define.ts'
import { ledgerQuery } from './ledger_query.ts'
import { ledgerVerify } from './ledger_verify.ts'
import { undoApply } from './undo_apply.ts'
import { undoPreview } from './undo_preview.ts'

export const accountabilityTools: readonly Tool[] = [ledgerQuery, ledgerVerify, undoPreview, undoApply]
