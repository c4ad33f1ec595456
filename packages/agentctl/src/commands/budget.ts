import { type BudgetLine, BudgetListing, BudgetRaise } from '@castellan/contracts'
import type { Context } from '../context.ts'
import { exitCodes, UsageError } from '../exit.ts'
import type { Cli } from '../program.ts'

const teach = `
A scope is whose budget it is:
  session:ses_…      one session, as long as it lasts
  agent:NAME         one agent, from 00:00 to 24:00 UTC
  day                all agents together, from 00:00 to 24:00 UTC
  capability:cap_…   what was handed on

A resource is one of steps, tool_calls, tokens, wall_ms, bytes_written, files_touched, egress_bytes.
docs/sessions.md says what each counts; the limits themselves stand in the configuration under "budgets".

Example:
  agentctl budget raise agent:main tool_calls 5000     5000 more for today`

/** `agentctl budget`: what agents have used up, and giving them more. */
export function addBudget({ program, act }: Cli): void {
  const budget = program
    .command('budget')
    .description('what agents may use up, and how much of it is spent')
    .addHelpText('after', teach)
  budget
    .command('show', { isDefault: true })
    .argument('[scope]', 'whose: session:ses_…, agent:NAME, day; all that anything was spent of without it')
    .description('show what is spent and what the limits are')
    .action(act(show))
  budget
    .command('raise')
    .argument('<scope>', 'whose: session:ses_…, agent:NAME, day or capability:cap_…')
    .argument('<resource>', 'of what, e.g. tool_calls')
    .argument('<amount>', 'how much more')
    .description('give more of one resource; a day’s budget until the day ends')
    .action(act(raise))
}

async function show(context: Context, scope?: string): Promise<number> {
  const operator = await context.operator()
  const query = scope === undefined ? '' : `?scope=${encodeURIComponent(scope)}`
  const { budgets } = await operator.request('GET', `/v1/budgets${query}`, { schema: BudgetListing })
  context.terminal.result(budgets, () => print(context, budgets))
  return exitCodes.ok
}

async function raise(context: Context, scope: string, resource: string, amount: string): Promise<number> {
  const body = BudgetRaise.safeParse({ scope, resource, by: /^\d{1,16}$/.test(amount) ? Number(amount) : amount })
  if (!body.success) {
    throw new UsageError(
      'Say whose budget, of what, and how much more: agentctl budget raise agent:main tool_calls 5000.',
    )
  }
  const operator = await context.operator()
  const { budgets } = await operator.request('POST', '/v1/budgets/raise', { body: body.data, schema: BudgetListing })
  context.terminal.result(budgets, () =>
    print(
      context,
      budgets.filter((line) => line.resource === body.data.resource),
    ),
  )
  return exitCodes.ok
}

function print({ terminal }: Context, budgets: readonly BudgetLine[]): void {
  if (budgets.length === 0) {
    terminal.line('Nothing was spent yet.')
    return
  }
  terminal.table(
    ['SCOPE', 'RESOURCE', 'SPENT', 'LIMIT', 'STATE'],
    budgets.map(({ scope, resource, spent, limit }) => [
      scope,
      resource,
      `${spent}`,
      `${limit}`,
      spent >= limit ? 'spent' : 'ok',
    ]),
  )
}
