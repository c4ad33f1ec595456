import { describeIssues, PolicyExplainRequest, PolicyExplanation } from '@castellan/contracts'
import type { Context } from '../../context.ts'
import { exitCodes, UsageError } from '../../exit.ts'
import { printable } from '../../terminal.ts'
import { readArguments } from '../call.ts'
import { openPolicy, policyFolder } from './files.ts'

interface ExplainOptions {
  readonly tool: string
  readonly args: string
  readonly mode?: string
  readonly agent: string
  readonly caller: string
  readonly session?: string
  readonly taint?: readonly string[]
  readonly channel?: string
  readonly agreed: boolean
  readonly at?: string
  readonly dir?: string
}

/** Asks the policy in force, or a folder where one is named or nothing runs. */
export async function explainPolicy(context: Context, { args, dir, ...options }: ExplainOptions): Promise<number> {
  const request = PolicyExplainRequest.safeParse({ ...options, args: await readArguments(args) })
  if (!request.success) throw new UsageError(`The question is off: ${describeIssues(request.error)}.`)
  const explanation = await ask(context, request.data, dir)
  context.terminal.result(explanation, () => print(context, options.tool, explanation))
  return exitCodes.ok
}

async function ask(context: Context, request: PolicyExplainRequest, dir?: string): Promise<PolicyExplanation> {
  const operator = dir === undefined ? await context.operatorIfRunning() : undefined
  if (operator !== undefined) {
    return operator.request('POST', '/v1/policy/explain', { body: request, schema: PolicyExplanation })
  }
  await using policy = await openPolicy(dir ?? (await policyFolder(context)))
  // Awaited here: the folder it works in goes away with this scope.
  return await policy.explain(request)
}

const verdicts = { allow: 'It would run.', ask: 'A person would be asked.', deny: 'It would be denied.' } as const
const colours = { allow: 'green', ask: 'yellow', deny: 'red' } as const

function print({ terminal }: Context, tool: string, explanation: PolicyExplanation): void {
  const { decision, approvals = 1, rule, where, reasons, otherwise, mode, taint, resources } = explanation
  const verdict = decision === 'ask' && approvals > 1 ? `${approvals} people would be asked.` : verdicts[decision]
  terminal.line(`${terminal.paint(colours[decision], decision)}  ${verdict}`)
  for (const reason of reasons) terminal.line(`  ${printable(reason)}`)
  terminal.line(terminal.paint('dim', `  rule ${rule}${where === undefined ? '' : ` (${where})`}, mode ${mode}`))
  if (taint.length > 0) terminal.line(terminal.paint('dim', `  the session took in ${taint.join(' and ')}`))
  for (const { kind, id, access } of resources.slice(0, 20)) {
    terminal.line(terminal.paint('dim', `  ${access === 'write' ? 'changes' : 'reads'} ${kind} ${printable(id)}`))
  }
  if (otherwise.length === 0) return
  terminal.line('\nIt would be otherwise if')
  for (const change of otherwise) terminal.line(`  ${change.if}: ${change.decision} (${change.rule})`)
  if (decision === 'deny' && otherwise.every((change) => change.decision === 'deny')) {
    terminal.line(`  a rule permitted ${tool}`)
  }
}
