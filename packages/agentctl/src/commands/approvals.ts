import { Approval, ApprovalListing } from '@castellan/contracts'
import type { UnixClient } from '@castellan/daemon'
import { approvalId } from '../approval-id.ts'
import { printApproval, printWholeApproval } from '../approval-view.ts'
import type { Context } from '../context.ts'
import { exitCodes } from '../exit.ts'
import type { Cli } from '../program.ts'

const teach = `
Examples:
  agentctl approvals                 what waits, with every argument
  agentctl approvals show apr_Xk3…   one of them in full: what would happen, the diff, what undo can take back
  agentctl approve apr_Xk3…          let it run, once`

export function addApprovals({ program, act }: Cli): void {
  const approvals = program
    .command('approvals')
    .description('list the calls that wait for your word')
    .addHelpText('after', teach)

  approvals
    .command('list', { isDefault: true })
    .option('--all', 'also those already decided or expired', false)
    .option('--socket <path>', 'agent.sock of the instance, for who is not root on its host')
    .description('list the calls that wait for your word')
    .action(
      act(async (context, options: { all: boolean; socket?: string }) => {
        const agentd = await reader(context, options.socket)
        const listing = await agentd.request('GET', '/v1/approvals', { schema: ApprovalListing })
        const shown = listing.approvals.filter((approval) => options.all || approval.state === 'pending')
        const { terminal } = context
        terminal.result(shown, () => {
          if (shown.length === 0) terminal.line('Nothing waits for your approval.')
          for (const approval of shown) printApproval(terminal, approval)
        })
        return exitCodes.ok
      }),
    )

  approvals
    .command('show')
    .argument('<id>', 'the approval, as `agentctl approvals` lists it')
    .option('--socket <path>', 'agent.sock of the instance, for who is not root on its host')
    .description('show one in full: what would happen, the diff, what undo can take back, the rule of “always”')
    .action(
      act(async (context, id: string, options: { socket?: string }) => {
        const agentd = await reader(context, options.socket)
        const approval = await agentd.request('GET', `/v1/approvals/${approvalId(id)}`, { schema: Approval })
        context.terminal.result(approval, () => printWholeApproval(context.terminal, approval))
        return exitCodes.ok
      }),
    )
}

/** Reading needs no more than agent.sock gives. */
function reader(context: Context, socket: string | undefined): Promise<UnixClient> {
  return socket === undefined ? context.operator() : context.agent(socket)
}
