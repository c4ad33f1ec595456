import { listAgents, reloadAgents } from '@castellan/contracts/api'
import type { Context } from '../context.ts'
import { exitCodes } from '../exit.ts'
import { askGateway } from '../gateway.ts'
import type { Cli } from '../program.ts'
import { printable } from '../terminal.ts'

/** `agentctl agents`: who can be talked to, as agents.json says. */
export function addAgents({ program, act }: Cli): void {
  const agents = program.command('agents').description('who can be talked to, as agents.json says')
  agents
    .command('list', { isDefault: true })
    .description('list the agents in force, and say why agents.json was refused where it was')
    .action(act((context: Context) => show(context, listAgents)))
  agents
    .command('reload')
    .description('read agents.json again; one that does not fit changes nothing')
    .action(act((context: Context) => show(context, reloadAgents)))
}

async function show(context: Context, operation: typeof listAgents | typeof reloadAgents): Promise<number> {
  const { terminal } = context
  const state = await askGateway(context, operation, {})
  terminal.result(state, () => {
    terminal.table(
      ['AGENT', 'DEFAULT', 'ENGINE', 'PROMPT', 'TITLE'],
      state.items.map(({ name, is_default, engine, prompt_source, title }) => [
        ...[name, is_default ? 'yes' : '-'],
        printable('model' in engine ? `${engine.engine} ${engine.model}` : engine.engine),
        ...[prompt_source.replace('_', '-'), printable(title ?? '')],
      ]),
    )
    if (state.problem !== null) terminal.line(terminal.paint('red', printable(state.problem)))
  })
  return state.problem === null ? exitCodes.ok : exitCodes.failed
}
