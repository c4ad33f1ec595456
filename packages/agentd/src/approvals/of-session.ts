import { ApprovalId, type CallOrigin, CastellanError } from '@castellan/contracts'
import { askAhead } from '../calls/ask-ahead.ts'
import type { CallParts } from '../calls/path.ts'
import type { ApprovalsPort } from '../host/approvals.ts'
import type { Approvals } from './approvals.ts'

/** What tools may know of approvals: what their own session asked. `parts` is there by the time a tool runs. */
export function approvalsOfSession(approvals: Approvals, parts: () => CallParts): ApprovalsPort {
  const own = ({ session }: CallOrigin) => approvals.list().filter((approval) => approval.session === session)
  return {
    list: own,
    get(id, call) {
      const parsed = ApprovalId.safeParse(id)
      const found = own(call).find(({ approval_id }) => approval_id === parsed.data)
      if (found !== undefined) return found
      throw new CastellanError(
        'approval_unknown',
        `This session asked for no approval ${id}, or it was settled more than an hour ago. approval_list has those there are.`,
      )
    },
    ask: (tool, args, call, signal) => askAhead(parts(), { tool, args }, call, signal),
  }
}
