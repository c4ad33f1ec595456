import { CastellanError, type ToolDescriptor, type ToolEffect, ToolName, type ToolProgress } from '@castellan/contracts'
import { z } from 'zod'
import type { ForeignTool } from '../calls/registry.ts'
import { defineTool } from '../tools/define.ts'
import { count, oneLine } from '../tools/words.ts'
import type { Called, OfferedTool } from './client.ts'

const TIMEOUT_MS = 120_000
const OUTPUT_BYTES = 256 * 1024
const MAX_TEXT = 96 * 1024
const MAX_STRUCTURED = 128 * 1024
const MAX_DESCRIPTION = 2000

/** Makes a call of one tool: at its server, while that runs. */
export type CallServer = (
  args: Record<string, unknown>,
  options: { signal: AbortSignal; timeoutMs: number; onProgress: (progress: ToolProgress) => void },
) => Promise<Called>

/** `Read_File` → `read_file`. Undefined where nothing of a name is left, or too much of it. */
export function foreignName(server: string, own: string): ToolName | undefined {
  const words = own
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '')
  const name = ToolName.safeParse(`${server}__${words.join('_')}`)
  return words.length > 0 && name.success ? name.data : undefined
}

/**
 * A server's tool as one of agentd's. Its words are its own and are marked so; what it says of its effect counts only
 * where that makes it stricter. What it answers is text that others wrote.
 */
export function foreignTool(
  server: string,
  name: ToolName,
  offered: OfferedTool,
  { effect, call }: { effect: ToolEffect; call: CallServer },
): ForeignTool {
  const tool = defineTool({
    name,
    title: `${offered.title ?? offered.name} (${server})`,
    description: describe(server, offered),
    input: z.record(z.string(), z.unknown()),
    output: Output,
    effect,
    undo: 'none',
    limits: { timeoutMs: TIMEOUT_MS, outputBytes: OUTPUT_BYTES, perMinute: 60 },
    resources: () => [{ kind: 'mcp-server', id: server, access: effect === 'read' ? 'read' : 'write' }],
    taints: () => ['untrusted-text'],
    preview: async () => ({
      effects: [`${offered.name} of the MCP server ${server} is called. What it does there nobody here can foresee.`],
      undo: 'This cannot be taken back from here.',
    }),
    summary: ({ text, structured, otherParts }) => {
      const parts = otherParts === 0 ? '' : ` ${count(otherParts, 'part')} that is no text was left out.`
      const words = text === '' ? (structured === null ? 'nothing' : 'structured data') : oneLine(text, 160)
      return `${server} answered: ${words}${parts}`
    },
    run: async (args, { signal, progress }) =>
      readResult(server, await call(args, { signal, timeoutMs: TIMEOUT_MS, onProgress: progress })),
  })
  return { tool, inputSchema: offered.inputSchema as ToolDescriptor['inputSchema'] }
}

const Output = z.strictObject({
  text: z.string().describe('The text parts of the answer; words of the server.'),
  structured: z.record(z.string(), z.unknown()).nullable().describe('The structured part, where there is one.'),
  otherParts: z.int().describe('Parts that are neither, such as images; they are left out.'),
  truncated: z.boolean().describe('Whether something was cut. Ask the server for less.'),
})

function readResult(server: string, { content, structuredContent, isError }: Called): z.output<typeof Output> {
  const texts = content.flatMap((part) => (part.type === 'text' && typeof part.text === 'string' ? [part.text] : []))
  const all = texts.join('\n')
  if (isError) {
    throw new CastellanError(
      'mcp_server_failed',
      `The tool of ${server} failed: ${oneLine(all, 400) || 'no reason given'}`,
    )
  }
  const fits = structuredContent === undefined || JSON.stringify(structuredContent).length <= MAX_STRUCTURED
  return {
    text: all.slice(0, MAX_TEXT),
    structured: fits ? (structuredContent ?? null) : null,
    otherParts: content.length - texts.length,
    truncated: all.length > MAX_TEXT || !fits,
  }
}

function describe(server: string, { name, description }: OfferedTool): string {
  const words = (description ?? '').slice(0, MAX_DESCRIPTION)
  return `The tool ${name} of the MCP server ${server}. What follows are its own words: ${words === '' ? 'none.' : words}`
}
