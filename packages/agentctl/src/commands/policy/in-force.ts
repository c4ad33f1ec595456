import { CastellanError, PolicyStatus, PolicyView } from '@castellan/contracts'
import type { Context } from '../../context.ts'
import { localTime } from '../../describe.ts'
import { exitCodes } from '../../exit.ts'
import { printable } from '../../terminal.ts'

/** The policy in force. */
export async function showPolicy(context: Context, options: { text: boolean }): Promise<number> {
  const operator = await context.operator()
  const status = await operator.request('GET', '/v1/policy', { schema: PolicyView })
  context.terminal.result(status, () => print(context, status, options.text))
  return status.state === 'ok' ? exitCodes.ok : exitCodes.failed
}

function print({ terminal }: Context, status: PolicyStatus, text: boolean): void {
  const { state, digest, folder, loaded_at, problems, rules } = status
  terminal.line(`Policy ${digest.slice(0, 12)}, ${rules.length} rules, in force since ${localTime(loaded_at)}.`)
  terminal.line(`The owner's rules are in ${printable(folder)}.`)
  if (state === 'stale') terminal.line(terminal.paint('red', 'Its files were changed and cannot be taken as they are:'))
  if (state === 'restricted') {
    terminal.line(
      terminal.paint('red', 'Its files could not be read at the start, so nothing is changed until they are right:'),
    )
  }
  for (const problem of problems) terminal.line(`  ${printable(problem)}`)
  terminal.line()
  if (text) {
    for (const rule of rules) terminal.line(`// ${rule.file}:${rule.line}\n${printable(rule.text)}\n`)
    return
  }
  terminal.table(
    ['RULE', 'EFFECT', 'WHERE', 'REASON'],
    rules.map(({ id, effect, file, line, reason }) => [id, effect, `${file}:${line}`, printable(reason)]),
  )
}

export async function reloadPolicy(context: Context): Promise<number> {
  const operator = await context.operator()
  const status = await operator.request('POST', '/v1/policy/reload', { schema: PolicyStatus })
  context.terminal.result(status, () =>
    context.terminal.line(`In force: policy ${status.digest.slice(0, 12)} with ${status.rules.length} rules.`),
  )
  return exitCodes.ok
}

/** What was allowed always. */
export async function showRules(context: Context): Promise<number> {
  const operator = await context.operator()
  const { rules, folder } = await operator.request('GET', '/v1/policy', { schema: PolicyView })
  const always = rules.filter((rule) => rule.always)
  const { terminal } = context
  terminal.result(always, () => {
    if (always.length === 0) return terminal.line('Nothing is allowed always; each question stands for itself.')
    for (const rule of always) terminal.line(`${printable(rule.text)}\n`)
    terminal.line(`They are in ${printable(folder)}/always.cedar. \`agentctl policy revoke ID\` takes one back.`)
  })
  return exitCodes.ok
}

export async function revokeRule(context: Context, id: string): Promise<number> {
  if (!/^[a-z0-9][a-z0-9-]{0,63}$/.test(id)) {
    throw new CastellanError(
      'not_found',
      `${JSON.stringify(id)} is no rule's name; \`agentctl policy rules\` lists them.`,
    )
  }
  const operator = await context.operator()
  const status = await operator.request('DELETE', `/v1/policy/rules/${id}`, { schema: PolicyStatus })
  context.terminal.result(status, () =>
    context.terminal.line(`Revoked ${id}: from now on such calls are asked about again.`),
  )
  return exitCodes.ok
}
