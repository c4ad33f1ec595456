import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { CastellanError, type Freeze, PanicLevel } from '@castellan/contracts'
import { Latch } from '@castellan/daemon'
import type { Context } from '../context.ts'
import { freezeAgents, thawAgents } from '../emergency/freeze.ts'
import { findProcesses, thinking } from '../emergency/processes.ts'
import { Report } from '../emergency/report.ts'
import { rollBackNow } from '../emergency/roll-back.ts'
import { checkWipeOptions, type WipeOptions, wipeAll } from '../emergency/wipe-all.ts'
import { exitCodes, UsageError } from '../exit.ts'
import type { Cli } from '../program.ts'
import type { Terminal } from '../terminal.ts'

const teach = `
Levels, each with all before it:
  1  no agent acts: running calls are stopped, questions withdrawn, new ones refused; engine and airlock stop
  2  the credentials leave the gateway's memory, and the host goes back to the system before the newest switch
  3  Castellan's keys and stores are wiped; asks for the name of this host, and offers an export of the ledger

None of it needs the model, the gateway or agentd, and a restart changes nothing: \`agentctl thaw\` does. Services of
the host stay. Everything is in the ledger, at the latest when agentd runs again. See docs/emergency.md.

Exit codes: 0 all of it was done, or this host has nothing of the kind; 1 something of it could not be done.

Examples:
  agentctl panic                                  level 1
  agentctl panic 2 --reason 'a key leaked'
  agentctl panic 3 --export /mnt/usb/ledger.ndjson`

interface PanicOptions extends WipeOptions {
  readonly reason: string
}

/** `agentctl panic` and `agentctl thaw`: the emergency stop, which works with everything else down. */
export function addPanic({ program, act }: Cli): void {
  program
    .command('panic')
    .argument('[level]', '1, 2 or 3', '1')
    .option('--reason <text>', 'why, for the ledger', '')
    .option('--host-name <name>', 'the name of this host, for level 3 in a script')
    .option('--export <file>', 'for level 3: write the ledger there first')
    .option('--no-export', 'for level 3: without an export')
    .description('stop all agents at once; works with the model, the gateway and agentd down')
    .addHelpText('after', teach)
    .action(act(panic))
  program
    .command('thaw')
    .option('--reason <text>', 'why, for the ledger', '')
    .description('let agents act again after a panic')
    .action(act(thaw))
}

async function panic(context: Context, text: string, options: PanicOptions): Promise<number> {
  const level = PanicLevel.safeParse(Number(text))
  if (!level.success) throw new UsageError(`${JSON.stringify(text)} is no level: say 1, 2 or 3.`)
  if (level.data === 3) checkWipeOptions(options)
  const { terminal, stateFolder } = context
  requireState(stateFolder)
  const report = new Report(terminal)
  const processes = await findProcesses(stateFolder)

  await report.take('freeze', () => freezeAgents(context, level.data, options.reason))
  await report.take('engine', () => processes.hold(thinking))
  if (level.data >= 2) {
    await report.take('credentials', () => processes.renew('gateway'))
    await report.take('rollback', () => rollBackNow(context))
  }
  const freeze = await new Latch(stateFolder).read()
  if (level.data === 3 && freeze !== null) await wipeAll(context, options, { report, processes, freeze })
  return conclude(terminal, report, freeze)
}

async function thaw(context: Context, options: { reason: string }): Promise<number> {
  const { terminal, stateFolder } = context
  const processes = await findProcesses(stateFolder)
  const said = await thawAgents(context, options.reason)
  const report = new Report(terminal)
  await report.take('thaw', async () => said)
  await report.take('engine', () => processes.release(thinking))
  return conclude(terminal, report, null)
}

/** Freezing a folder that nothing runs with would leave the agents at work that were meant. */
function requireState(folder: string): void {
  if (['agentd', 'lock', 'run.json'].some((name) => existsSync(join(folder, name)))) return
  throw new CastellanError(
    'agentd_unavailable',
    `There is no state of Castellan in ${folder}, or this user may not see it, so nothing was stopped. Run agentctl as the user who runs Castellan (root on NixOS), or name the folder with --state DIR.`,
  )
}

function conclude(terminal: Terminal, report: Report, freeze: Freeze | null): number {
  terminal.result({ ok: !report.failed, freeze, steps: report.steps }, () => {
    if (report.failed) terminal.line(terminal.paint('red', 'Not all of it was done: see above, and docs/emergency.md.'))
  })
  return report.failed ? exitCodes.failed : exitCodes.ok
}
