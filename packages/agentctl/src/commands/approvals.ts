import { Approval, ApprovalId, ApprovalListing, type ApprovalVerdict } from '@castellan/contracts'
import type { Context } from '../context.ts'
import { compactJson, duration } from '../describe.ts'
import { exitCodes, UsageError } from '../exit.ts'
import type { Cli } from '../program.ts'

const teach = `
A yes is good for one run of exactly the call that \`agentctl approvals\` shows, for 10 minutes from when it was asked.
Exits with 1 when there is no such approval, with 4 when it ran out.

Examples:
  agentctl approvals                 what waits, with every argument
  agentctl approve apr_Xk3…          let it run, once
  agentctl deny apr_Xk3…             tell the agent no`

export function addApprovals({ program, act }: Cli): void {
  program
    .command('approvals')
    .option('--all', 'also those already decided or expired', false)
    .description('list the calls that wait for your word')
    .action(
      act(async (context, options: { all: boolean }) => {
        const operator = await context.operator()
        const { approvals } = await operator.request('GET', '/v1/approvals', { schema: ApprovalListing })
        const shown = approvals.filter((approval) => options.all || approval.state === 'pending')
        context.terminal.result(shown, () => printApprovals(context, shown))
        return exitCodes.ok
      }),
    )

  const decisions: [ApprovalVerdict, string][] = [
    ['approve', 'say yes, once, to exactly this call'],
    ['deny', 'say no to this call'],
  ]
  for (const [verdict, description] of decisions) {
    program
      .command(verdict)
      .argument('<id>', 'the approval, as `agentctl approvals` lists it')
      .description(description)
      .addHelpText('after', teach)
      .action(
        act(async (context, id: string) => {
          const approval = await decide(context, id, verdict)
          context.terminal.result(approval, () =>
            context.terminal.line(
              `${approval.state === 'approved' ? 'Approved' : 'Denied'}: ${approval.tool} ${compactJson(approval.args)}`,
            ),
          )
          return exitCodes.ok
        }),
      )
  }
}

/** Decides as the operator; on the operator socket the kernel vouches for who asks. */
export async function decide(context: Context, id: string, verdict: ApprovalVerdict): Promise<Approval> {
  if (!ApprovalId.safeParse(id).success) {
    throw new UsageError(`${id} is not an approval's id; \`agentctl approvals\` lists those that wait (apr_…).`)
  }
  const operator = await context.operator()
  return operator.request('POST', `/v1/approvals/${id}/decision`, { body: { verdict }, schema: Approval })
}

function printApprovals({ terminal }: Context, approvals: readonly Approval[]): void {
  if (approvals.length === 0) terminal.line('Nothing waits for your approval.')
  for (const approval of approvals) {
    const left = (Date.parse(approval.binding.expires_at) - Date.now()) / 1000
    const state = approval.state === 'pending' ? `expires in ${duration(left)}` : approval.state
    terminal.line(
      `${terminal.paint('bold', approval.approval_id)}  ${approval.tool}  ${terminal.paint('yellow', state)}`,
    )
    terminal.line(`  ${compactJson(approval.args, 2000)}`)
    terminal.line(terminal.paint('dim', `  asked by ${approval.agent}: ${approval.reason}`))
  }
}
