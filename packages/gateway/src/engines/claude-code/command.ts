import { promptOf } from '../cli/prompt.ts'
import { type CliPlan, TOKEN_VARIABLE } from '../cli/run.ts'
import type { EngineCredential } from '../credentials.ts'
import type { ModelRequest } from '../engine.ts'
import { systemText } from '../remote/tool-calls.ts'

/** What Claude Code calls our tools: `mcp__` and the server's name in `mcp.json`. */
export const SERVER = 'castellan'
/** As long as an approval may be waited for, and more; in milliseconds. */
const TOOL_MS = 20 * 60 * 1000

/**
 * The command line of `claude -p` (code.claude.com, CLI reference): JSON lines both ways, its own tools off, no MCP server but
 * ours, no settings, no memory, nothing kept. What is secret is in the environment; what is said comes by standard input.
 */
export function claudePlan(
  program: string,
  {
    model,
    baseUrl,
    credential,
    request,
    toolsUrl,
  }: {
    readonly model: string
    readonly baseUrl: string
    readonly credential: EngineCredential
    readonly request: ModelRequest
    readonly toolsUrl: string | null
  },
): Omit<CliPlan, 'read'> {
  const headers = { Authorization: `Bearer \${${TOKEN_VARIABLE}}` }
  const servers = toolsUrl === null ? {} : { [SERVER]: { type: 'http', url: toolsUrl, headers } }
  return {
    command: program,
    args: [
      ...['-p', '--input-format', 'stream-json', '--output-format', 'stream-json', '--verbose'],
      ...['--include-partial-messages', '--model', model, '--system-prompt-file', 'system.txt'],
      ...['--tools', '', '--strict-mcp-config', '--mcp-config', 'mcp.json', '--allowedTools', `mcp__${SERVER}`],
      ...['--permission-mode', 'dontAsk', '--permission-prompts', 'none', '--setting-sources', ''],
      ...['--disable-slash-commands', '--no-chrome', '--no-session-persistence'],
    ],
    env: {
      [credential.auth === 'oauth_token' ? 'CLAUDE_CODE_OAUTH_TOKEN' : 'ANTHROPIC_API_KEY']: credential.secret,
      ANTHROPIC_BASE_URL: baseUrl,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      DISABLE_AUTOUPDATER: '1',
      ENABLE_TOOL_SEARCH: 'false',
      MCP_TOOL_TIMEOUT: String(TOOL_MS),
    },
    files: { 'mcp.json': JSON.stringify({ mcpServers: servers }), 'system.txt': systemText(request.messages) },
    input: `${JSON.stringify({
      type: 'user',
      message: { role: 'user', content: [{ type: 'text', text: promptOf(request.messages).toWellFormed() }] },
    })}\n`,
  }
}
