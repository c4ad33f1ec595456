import { type ToolDescriptor, ToolListing } from '@castellan/contracts'
import { nearest } from '@castellan/daemon'
import { exitCodes, UsageError } from '../exit.ts'
import type { Cli } from '../program.ts'
import type { Terminal } from '../terminal.ts'

export function addTools({ program, act }: Cli): void {
  program
    .command('tools')
    .argument('[name]', 'show one tool in full: what it takes and what it answers')
    .description('list the tools an agent may ask for, with what each does to the machine')
    .action(
      act(async (context, name?: string) => {
        const agentd = await context.operator()
        const { tools } = await agentd.request('GET', '/v1/tools', { schema: ToolListing })
        const { terminal } = context
        if (name === undefined) {
          terminal.result(tools, () => printTools(terminal, tools))
          return exitCodes.ok
        }
        const tool = tools.find((candidate) => candidate.name === name)
        if (tool === undefined) throw new UsageError(unknownTool(name, tools))
        terminal.result(tool, () => printTool(terminal, tool))
        return exitCodes.ok
      }),
    )
}

/** The sentence for a tool that does not exist, with the nearest that does. */
export function unknownTool(name: string, tools: readonly ToolDescriptor[]): string {
  const meant = nearest(
    name,
    tools.map((tool) => tool.name),
  )
  const hint = meant === undefined ? '' : ` Did you mean ${meant}?`
  return `There is no tool ${name}.${hint} \`agentctl tools\` lists all ${tools.length}.`
}

function printTools(terminal: Terminal, tools: readonly ToolDescriptor[]): void {
  terminal.table(
    ['TOOL', 'EFFECT', 'UNDO', 'WHAT IT DOES'],
    tools.map((tool) => [tool.name, tool.effect, tool.undo === 'none' ? '-' : tool.undo, tool.description]),
  )
}

function printTool(terminal: Terminal, tool: ToolDescriptor): void {
  terminal.line(terminal.paint('bold', `${tool.name}: ${tool.title}`))
  terminal.line(tool.description)
  terminal.line()
  const { timeoutMs, outputBytes, perMinute } = tool.limits
  terminal.line(
    `Effect ${tool.effect}, undo ${tool.undo}; at most ${timeoutMs / 1000} s, ${outputBytes} bytes, ${perMinute} calls a minute.`,
  )
  terminal.line()
  terminal.line('Takes:')
  terminal.line(JSON.stringify(tool.inputSchema, undefined, 2))
  terminal.line('Answers:')
  terminal.line(JSON.stringify(tool.outputSchema, undefined, 2))
}
