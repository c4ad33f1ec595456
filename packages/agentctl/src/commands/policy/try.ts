import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { PolicyDraft, PolicyTrial } from '@castellan/contracts'
import type { Context } from '../../context.ts'
import { exitCodes, UsageError } from '../../exit.ts'
import { printable } from '../../terminal.ts'

/** agentd judges a draft for a minute at most, and others may be before it. */
const TRIAL_MS = 5 * 60_000
/** Changed decisions that a person is shown. */
const MAX_SHOWN = 40

/** What would change if this file lay in the policy folder. Exits with 1 where it could not be put in force. */
export async function tryPolicyFile(context: Context, path: string): Promise<number> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${path} cannot be read (${error.code ?? error.message}).`)
  })
  const draft = PolicyDraft.safeParse({ file: basename(path), text })
  if (!draft.success) {
    throw new UsageError(
      `${printable(basename(path))} is no name of a policy file; those look like mine.cedar or mine.test.json.`,
    )
  }
  const operator = await context.operator()
  const trial = await operator.request('POST', '/v1/policy/trial', {
    body: draft.data,
    schema: PolicyTrial,
    timeoutMs: TRIAL_MS,
  })
  context.terminal.result(trial, () => print(context, draft.data.file, trial))
  return trial.ok ? exitCodes.ok : exitCodes.failed
}

function print({ terminal }: Context, file: string, trial: PolicyTrial): void {
  const { problems, rules, warnings, tests, calls, kinds } = trial
  for (const { file: where, line, message } of problems) {
    terminal.line(
      `${terminal.paint('red', '✗')} ${where}${line === undefined ? '' : `:${line}`}: ${printable(message)}`,
    )
  }
  for (const { file: where, name, problem } of tests.failed) {
    terminal.line(`${terminal.paint('red', '✗')} ${where}: ${printable(name)}: ${printable(problem)}`)
  }
  if (problems.length > 0) return
  for (const what of ['added', 'changed', 'removed'] as const) {
    if (rules[what].length > 0) terminal.line(`${what}: ${rules[what].join(', ')}`)
  }
  for (const warning of warnings) terminal.line(`${terminal.paint('yellow', '!')} ${printable(warning)}`)
  if (calls !== null && calls.differences.length > 0) {
    terminal.table(
      ['LEDGER', 'TIMES', 'TOOL', 'CALLER', 'MODE', 'BEFORE', 'AFTER'],
      calls.differences
        .slice(0, MAX_SHOWN)
        .map(({ index, times, tool, caller, agent, mode, before, after }) => [
          String(index),
          String(times),
          tool,
          `${caller} ${agent}`,
          mode,
          `${before.decision} (${before.rule})`,
          `${after.decision} (${after.rule})`,
        ]),
    )
  }
  terminal.line(
    `${calls?.changed ?? 0} of the newest ${calls?.asked ?? 0} recorded calls would be decided otherwise, and ${kinds.changed} of ${kinds.asked} kinds of calls. ${tests.passed} tests pass. Nothing was changed.`,
  )
  if (trial.ok)
    terminal.line(
      `To put it in force, copy ${printable(file)} into the policy folder, then \`agentctl policy reload\`.`,
    )
}
