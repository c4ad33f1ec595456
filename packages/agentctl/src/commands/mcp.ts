import { AgentName } from '@castellan/contracts'
import { createLogger } from '@castellan/daemon'
import { exitCodes, UsageError } from '../exit.ts'
import type { Cli } from '../program.ts'

const teach = `
For a client that starts its servers itself, like Claude Code:
  claude mcp add castellan -- agentctl mcp serve
Clients that speak HTTP use the gateway's /mcp with the token; docs/mcp.md shows both.`

/** What has to do with MCP: offering the tools over standard input and output. */
export function addMcp({ program, act }: Cli): void {
  const mcp = program.command('mcp').description('offer the tools to MCP clients')

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
}
