import { createInterface } from 'node:readline/promises'
import { Approval, type ApprovalId, type ApprovalVerdict, CastellanError } from '@castellan/contracts'
import type { UnixClient } from '@castellan/daemon'
import { approvalId } from '../approval-id.ts'
import type { Context } from '../context.ts'
import { decideAsRoot, decideWithKey } from '../decide.ts'
import { compactJson } from '../describe.ts'
import { exitCodes, UsageError } from '../exit.ts'
import { readKeyFile } from '../operator-key.ts'
import type { Cli } from '../program.ts'
import { printable } from '../terminal.ts'

const teach = `
A yes is good for one run of exactly the call that \`agentctl approvals show ID\` shows, for 10 minutes from when it was
asked. With --always it also adds the rule shown there to the policy, after asking back. Without --key you have to be
root on the host; with it, the key signs, over agent.sock.
Exits with 1 when there is no such approval, with 4 when it ran out, was withdrawn or no longer holds.

Examples:
  agentctl approvals                 what waits, with every argument
  agentctl approve apr_Xk3…          let it run, once
  agentctl deny apr_Xk3…             tell the agent no
  agentctl approve apr_Xk3… --key ~/castellan.key --socket /run/castellan/agent.sock`

interface Options {
  readonly key?: string
  readonly socket?: string
  readonly always?: boolean
  readonly yes?: boolean
}

export function addDecisions({ program, act }: Cli): void {
  const decide = (verdict: 'approve' | 'deny', description: string) =>
    program
      .command(verdict)
      .argument('<id>', 'the approval, as `agentctl approvals` lists it')
      .option('--key <file>', 'sign with this operator key instead of deciding as root')
      .option('--socket <path>', 'agent.sock of the instance; with --key')
      .description(description)
      .addHelpText('after', teach)
      .action(
        act(async (context, id: string, options: Options) => {
          const approval = await carryOut(context, approvalId(id), options.always ? 'always' : verdict, options)
          context.terminal.result(approval, () => context.terminal.line(sentence(approval, verdict)))
          return exitCodes.ok
        }),
      )
  decide('approve', 'say yes, once, to exactly this call')
    .option('--always', 'also add the rule that `agentctl approvals show` shows to the policy', false)
    .option('--yes', 'do not ask back before adding the rule', false)
  decide('deny', 'say no to this call')
}

async function carryOut(
  context: Context,
  id: ApprovalId,
  verdict: ApprovalVerdict,
  options: Options,
): Promise<Approval> {
  if (options.key === undefined) {
    if (options.socket !== undefined) throw new UsageError('--socket goes with --key: without a key only root decides.')
    if (verdict === 'always') await confirmRule(context, await read(await context.operator(), id), options)
    return decideAsRoot(context, id, verdict)
  }
  const key = await readKeyFile(options.key)
  const agent = await context.agent(options.socket)
  const approval = await read(agent, id)
  if (verdict === 'always') await confirmRule(context, approval, options)
  return decideWithKey(agent, approval, verdict, key)
}

function read(agentd: UnixClient, id: ApprovalId): Promise<Approval> {
  return agentd.request('GET', `/v1/approvals/${id}`, { schema: Approval })
}

/** Nobody adds a rule that they have not seen. */
async function confirmRule({ terminal }: Context, { always }: Approval, { yes }: Options): Promise<void> {
  if (!always.possible) {
    throw new CastellanError('approval_no_rule', `${always.reason} Approve this one call, or deny it.`)
  }
  terminal.note(`This rule would be added to the policy:\n\n${printable(always.rule)}\n`)
  if (yes === true) return
  if (process.stdin.isTTY !== true) throw new UsageError('Say --yes as well, once you have read the rule.')
  const reader = createInterface({ input: process.stdin, output: terminal.err })
  const answer = await reader.question('Add it? [y/N] ')
  reader.close()
  if (!/^y(es)?$/i.test(answer.trim())) throw new UsageError('Nothing was decided.')
}

function sentence({ state, tool, args, votes, needed }: Approval, verdict: 'approve' | 'deny'): string {
  const call = `${tool} ${compactJson(args)}`
  if (verdict === 'deny') return `Denied: ${call}`
  if (state !== 'pending') return `Approved: ${call}`
  return `Approved ${votes.length} of ${needed}: ${call}. Another person has to agree before it runs.`
}
