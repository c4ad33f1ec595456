import { readFile } from 'node:fs/promises'
import { text as readAll } from 'node:stream/consumers'
import { AgentName, type CallOutcome, errorFromEnvelope, newId } from '@castellan/contracts'
import { callAsAgent, callAsOperator } from '../calls.ts'
import { exitCodeOf, exitCodes, UsageError } from '../exit.ts'
import type { Cli } from '../program.ts'
import { printable, type Terminal } from '../terminal.ts'

const help = `
The arguments are one JSON object: as text, as @FILE, or as - for standard input (keeps long or private text out of
the process list). Without --agent the call is your own and runs at once; with --agent it is decided by policy like
any call of that agent, and waits for an approval where policy asks for one.

Examples:
  agentctl call disk_usage
  agentctl call file_write '{"path":"notes.txt","content":"remember the milk"}'
  agentctl call journal_query '{"unit":"nginx","priority":"err","since":"2 hours"}' --json`

export function addCall({ program, act }: Cli): void {
  program
    .command('call')
    .argument('<name>', 'the tool, as `agentctl tools` lists it')
    .argument('[json]', 'its arguments: a JSON object, @FILE, or - for standard input', '{}')
    .option('--agent <name>', 'call as this agent instead of as the operator')
    .description('call one tool and print its result')
    .addHelpText('after', help)
    .action(
      act(async (context, name: string, json: string, options: { agent?: string }) => {
        const { terminal } = context
        const request = {
          call_id: newId('call'),
          session: newId('ses'),
          agent: agentName(options.agent ?? 'operator'),
          tool: name,
          args: await readArguments(json),
        }
        const outcome =
          options.agent === undefined
            ? await callAsOperator(await context.operator(), request)
            : await callAsAgent(await context.agent(), request, {
                onPending: (pending) =>
                  terminal.note(
                    `Waiting for a person: ${pending.reason} Say \`agentctl approve ${pending.approval_id}\` or \`agentctl deny ${pending.approval_id}\`.`,
                  ),
              })
        terminal.result(outcome, () => printOutcome(terminal, outcome))
        if (outcome.ok) return exitCodes.ok
        return outcome.error === undefined ? exitCodes.failed : exitCodeOf(errorFromEnvelope(outcome.error))
      }),
    )
}

/** Prints a finished call: summary, ledger number, how to take it back, then the result. */
export function printOutcome(terminal: Terminal, outcome: CallOutcome): void {
  const mark = outcome.ok ? terminal.paint('green', '✓') : terminal.paint('red', '✗')
  terminal.line(`${mark} ${printable(outcome.summary)}`)
  const { ledger_index: number } = outcome
  const undo = outcome.undo?.possible === true ? `, take it back with \`agentctl undo ${number}\`` : ''
  const where = number === null ? 'not in the ledger, which is damaged' : `ledger № ${number}`
  terminal.line(terminal.paint('dim', `  ${where}, ${Math.round(outcome.duration_ms)} ms${undo}`))
  if (outcome.ok) terminal.line(printable(JSON.stringify(outcome.result, undefined, 2) ?? ''))
}

function agentName(name: string): AgentName {
  const parsed = AgentName.safeParse(name)
  if (!parsed.success)
    throw new UsageError(`An agent's name ${parsed.error.issues[0]?.message ?? 'is not valid'}: ${name}`)
  return parsed.data
}

/** A JSON object out of an argument: the text itself, `@FILE`, or `-` for standard input. Throws {@link UsageError}. */
export async function readArguments(source: string): Promise<Record<string, unknown>> {
  const text =
    source === '-'
      ? await readAll(process.stdin)
      : source.startsWith('@')
        ? await readFileArgument(source.slice(1))
        : source
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new UsageError(
      `The arguments are not JSON (${(error as Error).message}). Write them like '{"path":"notes.txt"}'.`,
    )
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UsageError(`The arguments must be one JSON object, like '{"path":"notes.txt"}'.`)
  }
  return value as Record<string, unknown>
}

async function readFileArgument(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new UsageError(`The arguments' file cannot be read: ${(error as Error).message}`)
  }
}
