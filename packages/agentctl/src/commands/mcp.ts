import { AgentName, CastellanError, McpServerListing, type McpServerTool, McpServerView } from '@castellan/contracts'
import { createLogger } from '@castellan/daemon'
import type { Context } from '../context.ts'
import { exitCodes, UsageError } from '../exit.ts'
import type { Cli } from '../program.ts'
import { printable } from '../terminal.ts'

const teach = `
For a client that starts its servers itself, like Claude Code:
  claude mcp add castellan -- agentctl mcp serve
Clients that speak HTTP use the gateway's /mcp with the token; docs/mcp.md shows both.`

/** What has to do with MCP: offering the tools over standard input and output, and agreeing to the tools of others. */
export function addMcp({ program, act }: Cli): void {
  const mcp = program.command('mcp').description('offer the tools to MCP clients, and look after other MCP servers')

  mcp
    .command('serve')
    .option('--agent <name>', 'the agent that calls are decided and recorded as', 'mcp')
    .description('speak MCP on standard input and output until the client closes them')
    .addHelpText('after', teach)
    .action(
      act(async (context, options: { agent: string }) => {
        const agent = AgentName.safeParse(options.agent)
        if (!agent.success) throw new UsageError(`An agent's name ${agent.error.issues[0]?.message ?? 'is wrong'}.`)
        const { agentSocket } = await context.instance()
        // Only this command needs it, and it is not small.
        const { Bridge, Sealer, serveStreams } = await import('@castellan/mcp-bridge')
        // Standard output belongs to the protocol; what goes wrong is told on standard error.
        const log = createLogger({ name: 'mcp', level: 'warn' })
        const bridge = new Bridge({ agentSocket, sealer: Sealer.fresh(), log })
        try {
          await serveStreams(bridge, agent.data, { input: process.stdin, output: process.stdout })
        } finally {
          bridge.close()
        }
        return exitCodes.ok
      }),
    )

  mcp
    .command('servers')
    .description('list the other MCP servers that are declared, with their tools')
    .action(
      act(async (context) => {
        const servers = await listServers(context)
        context.terminal.result(servers, () => printServers(context, servers))
        return exitCodes.ok
      }),
    )

  mcp
    .command('accept')
    .argument('<server>', 'the server, as `agentctl mcp servers` lists it')
    .argument(
      '[tools...]',
      "only these of its tools, by the server's own names; tool@hash for one that is exactly that",
    )
    .description('agree to tools that are new, or described otherwise than before')
    .option('--yes', 'without showing them first and asking for the command again', false)
    .action(
      act(async (context, name: string, wanted: string[], { yes }: { yes: boolean }) => {
        const waiting = await waitingTools(context, name, wanted)
        if (waiting.length === 0) {
          context.terminal.result([], () => context.terminal.line(`Nothing of ${name} waits for your word.`))
          return exitCodes.ok
        }
        if (!yes) {
          context.terminal.result(waiting, () => printWaiting(context, name, waiting))
          return exitCodes.ok
        }
        const body = { hashes: Object.fromEntries(waiting.map(({ own_name, hash }) => [own_name, hash])) }
        const operator = await context.operator()
        const path = `/v1/mcp-servers/${encodeURIComponent(name)}/acceptance`
        const view = await operator.request('POST', path, { body, schema: McpServerView })
        const names = waiting.map(({ own_name }) => printable(own_name)).join(', ')
        context.terminal.result(view, () => context.terminal.line(`Accepted of ${name}: ${names}.`))
        return exitCodes.ok
      }),
    )
}

async function listServers(context: Context): Promise<McpServerView[]> {
  const operator = await context.operator()
  return (await operator.request('GET', '/v1/mcp-servers', { schema: McpServerListing })).servers
}

async function waitingTools(context: Context, name: string, wanted: readonly string[]): Promise<McpServerTool[]> {
  const server = (await listServers(context)).find((known) => known.name === name)
  if (server === undefined) throw new UsageError(`No MCP server ${name} is declared; see agentctl mcp servers.`)
  const waiting = server.tools.filter(({ state }) => state !== 'accepted')
  if (wanted.length === 0) return waiting
  return wanted.map((each) => {
    const [, tool = each, hash = ''] = /^(.*)@([0-9a-f]{6,64})$/s.exec(each) ?? []
    const found = waiting.find(({ own_name }) => own_name === tool)
    if (found?.hash.startsWith(hash)) return found
    const what = found === undefined ? 'does not wait for your word' : 'is another one by now; look once more'
    throw new CastellanError('mcp_tool_changed', `The tool ${printable(tool)} of ${name} ${what}.`)
  })
}

function printServers({ terminal }: Context, servers: readonly McpServerView[]): void {
  if (servers.length === 0) terminal.line('No MCP server is declared (mcpServers in the configuration).')
  for (const { name, state, problem, tools } of servers) {
    terminal.line(`${terminal.paint('bold', name)}  ${state}${problem === undefined ? '' : `: ${printable(problem)}`}`)
    for (const { own_name, effect, state: agreed } of tools) {
      terminal.line(
        `  ${printable(own_name)}  ${effect}  ${agreed === 'accepted' ? agreed : terminal.paint('yellow', agreed)}`,
      )
    }
  }
}

function printWaiting({ terminal }: Context, name: string, waiting: readonly McpServerTool[]): void {
  terminal.line(
    `These tools of ${name} are refused until you agree to them. Their descriptions are the server's own words:`,
  )
  for (const { own_name, state, hash, description } of waiting) {
    terminal.line(`${terminal.paint('bold', printable(own_name))}  ${terminal.paint('yellow', state)}  ${hash}`)
    // Others wrote it: nothing in it may steer the terminal.
    terminal.line(description.replaceAll(/[\p{Cc}\p{Cf}]/gu, ' ').replace(/^/gm, '  '))
  }
  const exactly = waiting.map(({ own_name, hash }) => shellWord(`${own_name}@${hash.slice(0, 12)}`))
  terminal.line(`To agree to exactly these: agentctl mcp accept ${name} ${exactly.join(' ')} --yes`)
}

/** A name as a shell takes it: the server chose it, and people paste what they are shown. */
function shellWord(name: string): string {
  return /^[\w@./-]+$/.test(name) ? name : `'${printable(name).replaceAll("'", `'\\''`)}'`
}
