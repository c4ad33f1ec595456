import { CastellanError } from '@castellan/contracts'
import { version } from '@castellan/daemon'
import { Command, CommanderError } from 'commander'
import { addAgents } from './commands/agents.ts'
import { addAirlock } from './commands/airlock.ts'
import { addApprovals } from './commands/approvals.ts'
import { addAttest } from './commands/attest.ts'
import { addBackup } from './commands/backup.ts'
import { addBudget } from './commands/budget.ts'
import { addCall } from './commands/call.ts'
import { addCapability } from './commands/capability.ts'
import { addChat } from './commands/chat.ts'
import { addChats } from './commands/chats.ts'
import { addCredential } from './commands/credential.ts'
import { addDecisions } from './commands/decisions.ts'
import { addEngine } from './commands/engine.ts'
import { addGeneration } from './commands/generation.ts'
import { addIncident } from './commands/incident.ts'
import { addIncidents } from './commands/incidents.ts'
import { addLedger } from './commands/ledger.ts'
import { addMcp } from './commands/mcp.ts'
import { addMemory } from './commands/memory.ts'
import { addModel } from './commands/model.ts'
import { addOperator } from './commands/operator.ts'
import { addPanic } from './commands/panic.ts'
import { addPolicy } from './commands/policy.ts'
import { addReplay } from './commands/replay.ts'
import { addSession } from './commands/session.ts'
import { addSignIn } from './commands/sign-in.ts'
import { addSkill } from './commands/skill.ts'
import { addStatus } from './commands/status.ts'
import { addSwitch } from './commands/switch.ts'
import { addToken } from './commands/token.ts'
import { addTools } from './commands/tools.ts'
import { addUndo } from './commands/undo.ts'
import { addVerifyLedger } from './commands/verify-ledger.ts'
import { addWitness } from './commands/witness.ts'
import { Context } from './context.ts'
import { exitCodeOf, exitCodes, UsageError } from './exit.ts'
import { printable, Terminal } from './terminal.ts'

/** How a command is carried out: it gets its context and answers its exit code. */
export type Act<Arguments extends unknown[]> = (context: Context, ...args: Arguments) => Promise<number>

/** Adds commands to the program; each command file exports one function that takes this. */
export interface Cli {
  readonly program: Command
  /** Wraps an act: builds the context, runs it, closes connections, keeps the exit code. */
  act<Arguments extends unknown[]>(act: Act<Arguments>): (...args: Arguments) => Promise<void>
}

const teach = `
Exit codes:
  0  done, good news          3  Castellan is not running or cannot be reached
  1  it ran; the answer is no 4  policy or a person refused, or the approval ran out
  2  the command line is off  130  stopped by Ctrl-C
  switch, generation and rollback have codes for how a switch ended: see \`agentctl switch --help\`.
  5  replay: it cannot be decided again on the same grounds
  verify-ledger has a code for each kind of damage: see \`agentctl verify-ledger --help\`.

Examples:
  agentctl chat "how full are my disks?"
  agentctl call service_status '{"unit":"nginx"}'
  agentctl approvals                 what waits for your word
  agentctl ledger tail               what was done, newest last
  agentctl undo 12                   take back the act with ledger number 12
  agentctl verify-ledger             prove that nobody rewrote the record
  agentctl panic                     stop all agents at once; agentctl thaw lets them act again

Every command takes --json for programs and --state DIR (or CASTELLAN_STATE) to name an instance.`

/** Runs agentctl with these arguments and answers the exit code; never throws. */
export async function run(args: readonly string[], host: NodeJS.Process): Promise<number> {
  let exitCode: number = exitCodes.ok
  const json = args.includes('--json')
  const program = new Command('agentctl')
    .description('Operate Castellan from a terminal: talk to it, approve, take back, and check its ledger.')
    .version(version, '-V, --version', 'print the version')
    .option('--state <dir>', 'state folder of the instance (default: CASTELLAN_STATE, then the XDG state folder)')
    .option('--json', 'print results as JSON, one value a line', false)
    .helpOption('-h, --help', 'show help')
    .addHelpText('after', teach)
    .showHelpAfterError('(agentctl --help shows how)')
    .configureOutput({
      writeOut: (text) => host.stdout.write(text),
      // A program is told once, as JSON, by `report`.
      writeErr: (text) => json || host.stderr.write(text),
    })
    .exitOverride()

  const cli: Cli = {
    program,
    act(act) {
      return async (...commandArgs) => {
        const options = program.opts<{ state?: string; json: boolean }>()
        const terminal = new Terminal({ out: host.stdout, err: host.stderr }, options.json)
        const context = new Context(terminal, options.state, host.env)
        try {
          exitCode = await act(context, ...commandArgs)
        } finally {
          context.close()
        }
      }
    },
  }
  for (const add of [
    addStatus,
    addChat,
    addChats,
    addAgents,
    addTools,
    addCall,
    addApprovals,
    addDecisions,
    addUndo,
    addPanic,
    addBackup,
    addSwitch,
    addGeneration,
    addPolicy,
    addSession,
    addBudget,
    addCapability,
    addCredential,
    addIncidents,
    addIncident,
    addAttest,
    addSkill,
    addMemory,
    addModel,
    addEngine,
    addLedger,
    addReplay,
    addVerifyLedger,
    addWitness,
    addSignIn,
    addToken,
    addAirlock,
    addMcp,
    addOperator,
  ]) {
    add(cli)
  }
  acceptGlobalOptionsAnywhere(program)

  try {
    await program.parseAsync(args, { from: 'user' })
    return exitCode
  } catch (error) {
    return report(error, json, host)
  }
}

/** `--json` and `--state` may stand before or after the command's name. */
function acceptGlobalOptionsAnywhere(program: Command): void {
  const visit = (command: Command) => {
    command.option('--state <dir>', 'state folder of the instance').option('--json', 'print results as JSON')
    command.hook('preAction', (_root, acting) => {
      const { state, json } = acting.opts<{ state?: string; json?: boolean }>()
      if (state !== undefined) program.setOptionValue('state', state)
      if (json === true) program.setOptionValue('json', true)
    })
    command.commands.forEach(visit)
  }
  program.commands.forEach(visit)
}

function report(error: unknown, json: boolean, host: NodeJS.Process): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return exitCodes.ok
    const message = error.message.replace(/^error: /, '').replaceAll('\n', ' ')
    if (json) host.stderr.write(`${JSON.stringify({ code: 'usage', message })}\n`)
    return exitCodes.usage
  }
  if (error instanceof CastellanError) {
    host.stderr.write(
      json ? `${JSON.stringify(error.toEnvelope())}\n` : `${printable(error.message)} (${error.code})\n`,
    )
  } else if (error instanceof UsageError) {
    host.stderr.write(json ? `${JSON.stringify({ code: 'usage', message: error.message })}\n` : `${error.message}\n`)
  } else {
    const message = error instanceof Error ? error.message : String(error)
    host.stderr.write(json ? `${JSON.stringify({ code: 'internal', message })}\n` : `agentctl failed: ${message}\n`)
  }
  return exitCodeOf(error)
}
