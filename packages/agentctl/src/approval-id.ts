import { ApprovalId } from '@castellan/contracts'
import { UsageError } from './exit.ts'

/** Throws `UsageError` for what cannot be the id of an approval. */
export function approvalId(text: string): ApprovalId {
  const id = ApprovalId.safeParse(text)
  if (id.success) return id.data
  throw new UsageError(`${text} is not an approval's id; \`agentctl approvals\` lists those that wait (apr_…).`)
}
