import { join, resolve } from 'node:path'
import type { Comparison, Difference, OfflinePolicy } from '@castellan/agentd'
import { PolicyView, RecordedCalls } from '@castellan/contracts'
import type { Context } from '../../context.ts'
import { exitCodes } from '../../exit.ts'
import { printable } from '../../terminal.ts'

/** Recorded calls that are asked of both policies. */
const RECORDED_CALLS = 1000
/** Differences that a person is shown. */
const MAX_SHOWN = 40

/** A policy folder on its own. Only these commands need agentd's code, so only they load it. */
export async function openPolicy(folder: string): Promise<OfflinePolicy> {
  const { OfflinePolicy: Offline } = await import('@castellan/agentd')
  return Offline.open(resolve(folder))
}

/** The policy folder of this instance: what agentd says, or where it would be. */
export async function policyFolder(context: Context): Promise<string> {
  const operator = await context.operatorIfRunning()
  if (operator === undefined) return join(context.stateFolder, 'policy')
  return (await operator.request('GET', '/v1/policy', { schema: PolicyView })).folder
}

/** Exits with 1 where there is something wrong; what, the error says. */
export async function checkPolicy(context: Context, folder?: string): Promise<number> {
  const where = folder ?? (await policyFolder(context))
  await using policy = await openPolicy(where)
  const { digest, rules } = policy
  const own = rules.filter(({ file }) => file !== 'default.cedar').length
  const { terminal } = context
  terminal.result({ ok: true, digest, rules: rules.length, own }, () =>
    terminal.line(
      `${terminal.paint('green', '✓')} ${printable(where)}: ${own} rules of its own, ${rules.length} with the built-in ones. Policy ${digest.slice(0, 12)}.`,
    ),
  )
  return exitCodes.ok
}

export async function testPolicy(
  context: Context,
  folder: string | undefined,
  { builtIn }: { builtIn: boolean },
): Promise<number> {
  const where = folder ?? (await policyFolder(context))
  await using policy = await openPolicy(where)
  const results = await policy.test({ builtIn })
  const failed = results.filter(({ ok }) => !ok)
  const { terminal } = context
  terminal.result({ passed: results.length - failed.length, failed: failed.length, results }, () => {
    for (const { file, name, ok, problem } of results) {
      const mark = ok ? terminal.paint('green', '✓') : terminal.paint('red', '✗')
      terminal.line(`${mark} ${file}: ${printable(name)}${problem === undefined ? '' : `: ${printable(problem)}`}`)
    }
    if (results.length === 0) {
      terminal.line(`${printable(where)} has no tests; put them into files like mine.test.json (docs/policy.md).`)
    } else terminal.line(`${results.length - failed.length} of ${results.length} tests passed.`)
  })
  return failed.length === 0 ? exitCodes.ok : exitCodes.failed
}

/** What is in force now, or `other`, against `folder`: what would change if `folder` were put in force. */
export async function comparePolicies(context: Context, folder: string, other?: string): Promise<number> {
  const operator = await context.operatorIfRunning()
  const from = other === undefined ? await policyFolder(context) : folder
  const to = other ?? folder
  await using before = await openPolicy(from)
  await using after = await openPolicy(to)
  const { calls } =
    operator === undefined
      ? { calls: [] }
      : await operator.request('GET', `/v1/policy/calls?limit=${RECORDED_CALLS}`, { schema: RecordedCalls })
  const comparison = await before.compare(after, calls)
  context.terminal.result(comparison, () => print(context, comparison))
  return exitCodes.ok
}

function print({ terminal }: Context, { asked, complete, differences }: Comparison): void {
  const questions = `${asked} questions${complete ? '' : ', as many as are asked'}`
  if (differences.length === 0) {
    terminal.line(`Both decide the same, over ${questions}.`)
    return
  }
  terminal.table(
    ['BEFORE', 'AFTER', 'MODE', 'CALLER', 'TOOLS AND WHAT THEY ARE ABOUT'],
    differences
      .slice(0, MAX_SHOWN)
      .map((difference) => [
        decision(difference.before),
        decision(difference.after),
        [difference.mode, ...difference.taint].join(' '),
        `${difference.caller} ${difference.agent}`,
        printable(`${difference.tools.join(' ')}${difference.about === '' ? '' : `: ${difference.about}`}`),
      ]),
  )
  const more = differences.length - MAX_SHOWN
  if (more > 0) terminal.line(`and ${more} more; --json prints all of them.`)
  terminal.line(`${differences.length} decisions change, over ${questions}.`)
}

function decision({ decision: verdict, rule }: Difference['before']): string {
  return `${verdict} (${rule})`
}

export async function printSchema({ terminal }: Context): Promise<number> {
  const { OfflinePolicy: Offline } = await import('@castellan/agentd')
  const schema = Offline.schema()
  terminal.result({ schema }, () => terminal.line(schema))
  return exitCodes.ok
}
