import type { Command } from 'commander'
import { exitCodes, UsageError } from '../exit.ts'
import type { Cli } from '../program.ts'
import { printable, type Terminal } from '../terminal.ts'
import { goBackDirectly } from './switch/direct.ts'
import { conclude, operate } from './switch/operate.ts'
import { awaitSwitch } from './switch/wait.ts'

const teach = `
Exit codes: 0 committed, 20 rolled back, 21 refused before anything was changed, 22 staged for the next boot, 23 the way
back failed, 24 waits for your word (\`agentctl switch commit\`).

Examples:
  agentctl switch begin /nix/store/…-nixos-system-web-25.11 --probation 120
  agentctl switch status             how the newest one stands, step by step
  agentctl rollback                  back to the system before, with or without agentd`

interface PlanOptions {
  readonly activation?: string
  readonly confirm?: string
  readonly probation?: string
  readonly confirmWithin?: string
  readonly reason?: string
  readonly force: boolean
}

export function addSwitch({ program, act }: Cli): void {
  const group = program
    .command('switch')
    .description('switch this host to another system under guard: what newly fails is taken back')
    .addHelpText('after', teach)
  withPlan(group.command('begin').argument('<path>', 'the built system, a store path'))
    .option('--activation <when>', 'auto, live or boot')
    .description('switch to a system, judge its health, commit it or go back')
    .action(
      act(async (context, path: string, options: PlanOptions) => {
        const activation = options.activation === undefined ? {} : { activation: options.activation }
        const outcome = await operate(context, 'switch_begin', { path, ...activation, ...planArguments(options) })
        return conclude(context, outcome, (result) => printSteps(context.terminal, result))
      }),
    )
  group
    .command('status')
    .argument('[id]', 'which switch; the newest without it')
    .description('how a switch stands, step by step')
    .action(
      act(async (context, id: string | undefined) => {
        const outcome = await operate(context, 'switch_status', id === undefined ? {} : { id })
        conclude(context, outcome, (result) => printSteps(context.terminal, result))
        return outcome.ok ? exitCodes.ok : exitCodes.failed
      }),
    )
  group
    .command('list')
    .description('the switches there were, newest first')
    .action(
      act(async (context) => {
        const { terminal } = context
        const outcome = await operate(context, 'switch_list', {})
        return conclude(context, outcome, (result) => {
          const rows = (result.switches as Record<string, unknown>[]).map((row) =>
            [row.id, row.phase, row.beganAt, row.to].map((cell) => printable(String(cell ?? ''))),
          )
          terminal.table(['SWITCH', 'PHASE', 'BEGAN', 'TO'], rows)
        })
      }),
    )
  group
    .command('wait')
    .argument('[id]', 'which switch; the newest without it')
    .description('wait until a switch is over, or waits for a boot or for you, and exit with its code')
    .action(
      act(async (context, id: string | undefined) => {
        const { outcome, code } = await awaitSwitch(context, id)
        conclude(context, outcome, (result) => printSteps(context.terminal, result))
        return code
      }),
    )
  for (const [name, tool, description] of [
    ['commit', 'switch_commit', 'say that the new system is good, where a switch waits for your word'],
    ['rollback', 'switch_rollback', 'take back the switch that is being made, else the newest committed one'],
  ] as const) {
    group
      .command(name)
      .argument('[id]', 'which switch; the one being made without it')
      .description(description)
      .action(
        act(async (context, id: string | undefined) => {
          const outcome = await operate(context, tool, id === undefined ? {} : { id })
          return conclude(context, outcome)
        }),
      )
  }
  addRollback({ program, act })
}

function addRollback({ program, act }: Cli): void {
  program
    .command('rollback')
    .option('--direct', 'do not ask agentd, even if it answers', false)
    .description('go back to the system before the newest switch; works with agentd dead')
    .addHelpText('after', '\nExit codes: 0 the old system runs, 23 it does not.')
    .action(
      act(async (context, options: { direct: boolean }) => {
        const { terminal } = context
        const agentd = options.direct ? undefined : await context.operatorIfRunning()
        if (agentd !== undefined) return conclude(context, await operate(context, 'switch_rollback', {}))
        terminal.note(options.direct ? 'Going back without agentd.' : 'agentd does not answer; going back without it.')
        const result = await goBackDirectly(context.stateFolder)
        terminal.result(result, () => {
          terminal.line(
            result.runs
              ? `${terminal.paint('green', '✓')} ${result.path} runs again. agentd records it when it starts.`
              : `${terminal.paint('red', '✗')} The way back to ${result.path} ended with exit code ${result.exitCode}, and another system runs.`,
          )
        })
        return result.runs ? exitCodes.ok : exitCodes.rollbackFailed
      }),
    )
}

/** Options that every switch takes. */
export function withPlan(command: Command): Command {
  return command
    .option('--confirm <who>', 'whose word commits: health, operator or both')
    .option('--probation <seconds>', 'how long its checks must hold')
    .option('--confirm-within <seconds>', 'how long you have to say that it is good')
    .option('--reason <text>', 'why, for the ledger')
    .option('--force', 'even if it was rolled back from before', false)
}

export function planArguments({
  confirm,
  probation,
  confirmWithin,
  reason,
  force,
}: PlanOptions): Record<string, unknown> {
  return {
    force,
    ...(confirm === undefined ? {} : { confirm }),
    ...(probation === undefined ? {} : { probationSeconds: wholeNumber('--probation', probation) }),
    ...(confirmWithin === undefined ? {} : { confirmSeconds: wholeNumber('--confirm-within', confirmWithin) }),
    ...(reason === undefined ? {} : { reason }),
  }
}

export function wholeNumber(option: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new UsageError(`${option} takes a whole number: ${text}`)
}

function printSteps(terminal: Terminal, result: Record<string, unknown>): void {
  const steps = (result.steps ?? []) as { phase: string; at: string; note: string }[]
  terminal.table(
    ['AT', 'PHASE', 'WHAT'],
    steps.map(({ at, phase, note }) => [at, phase, printable(note)]),
  )
}
