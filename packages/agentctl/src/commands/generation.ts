import { exitCodes } from '../exit.ts'
import type { Cli } from '../program.ts'
import { printable } from '../terminal.ts'
import { conclude, operate } from './switch/operate.ts'
import { planArguments, wholeNumber, withPlan } from './switch.ts'

const teach = `
Switching and going back are done under guard, with the exit codes of \`agentctl switch\`.

Examples:
  agentctl generation list
  agentctl generation diff 41 42     packages, units and size between the two
  agentctl generation switch 41
  agentctl generation prune --keep 5 --older-than 30`

export function addGeneration({ program, act }: Cli): void {
  const group = program
    .command('generation')
    .description('the NixOS generations of this host: list, compare, switch, go back, prune')
    .addHelpText('after', teach)
  group
    .command('list')
    .description('generations, newest first')
    .action(
      act(async (context) => {
        const outcome = await operate(context, 'generation_list', { limit: 200 })
        return conclude(context, outcome, (result) => {
          const rows = (result.generations as Record<string, unknown>[]).map((row) => [
            `${row.current === true ? '→' : ' '} ${row.number}`,
            printable(String(row.createdAt)),
            printable(String(row.nixosVersion ?? '')),
            printable(String(row.kernelVersion ?? '')),
          ])
          context.terminal.table(['  GENERATION', 'MADE', 'NIXOS', 'KERNEL'], rows)
        })
      }),
    )
  group
    .command('diff')
    .argument('[from]', 'generation; the running system without it')
    .argument('[to]', 'generation; the newest without it')
    .description('what lies between two generations')
    .action(
      act(async (context, from: string | undefined, to: string | undefined) => {
        const outcome = await operate(context, 'generation_diff', {
          ...(from === undefined ? {} : { from: wholeNumber('A generation', from) }),
          ...(to === undefined ? {} : { to: wholeNumber('A generation', to) }),
        })
        return conclude(context, outcome, (result) =>
          context.terminal.line(printable(JSON.stringify(result, undefined, 2))),
        )
      }),
    )
  withPlan(group.command('switch').argument('<number>', 'the generation'))
    .description('switch to a generation under guard')
    .action(
      act(async (context, number: string, options: Parameters<typeof planArguments>[0]) => {
        const args = { number: wholeNumber('A generation', number), ...planArguments(options) }
        return conclude(context, await operate(context, 'generation_switch', args))
      }),
    )
  withPlan(group.command('rollback'))
    .description('switch to the generation before the current one, under guard')
    .action(
      act(async (context, options: Parameters<typeof planArguments>[0]) =>
        conclude(context, await operate(context, 'generation_rollback', planArguments(options))),
      ),
    )
  group
    .command('prune')
    .option('--keep <count>', 'keep at least so many of the newest', '5')
    .option('--older-than <days>', 'only those made earlier than so many days ago', '30')
    .description('forget old generations, never the running, the booted, the current or the last good one')
    .action(
      act(async (context, options: { keep: string; olderThan: string }) => {
        const outcome = await operate(context, 'generation_prune', {
          keep: wholeNumber('--keep', options.keep),
          olderThanDays: wholeNumber('--older-than', options.olderThan),
        })
        conclude(context, outcome)
        return outcome.ok ? exitCodes.ok : exitCodes.failed
      }),
    )
}
