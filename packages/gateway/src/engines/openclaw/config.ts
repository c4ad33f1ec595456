import { promptOf } from '../cli/prompt.ts'
import { type CliPlan, TOKEN_VARIABLE } from '../cli/run.ts'
import type { EngineCredential } from '../credentials.ts'
import type { ModelRequest } from '../engine.ts'
import { systemText } from '../remote/tool-calls.ts'

/** Our tools are `castellan__NAME` to it; its model is one of a provider of that name. */
export const SERVER = 'castellan'
const KEY_VARIABLE = 'CASTELLAN_API_KEY'
const TOOL_MS = 20 * 60 * 1000
/** Its own deadline, in seconds; ours is the same. */
const RUN_SECONDS = 3600

interface Asked {
  readonly model: string
  readonly dialect: 'anthropic' | 'openai'
  readonly baseUrl: string
  readonly contextTokens: number
  readonly credential: EngineCredential
  readonly request: ModelRequest
  readonly toolsUrl: string | null
  readonly folder: string
}

/**
 * The command line of `openclaw agent exec` (docs.openclaw.ai, CLI reference): one turn without its gateway, on a configuration
 * of ours and no other. Its allowlist names our tools one by one, so none of its own is offered. It writes a system prompt of
 * its own; the agent's stands in front of the message.
 */
export function openclawPlan(program: string, asked: Asked): Omit<CliPlan, 'read'> {
  const { model, credential, request, folder } = asked
  return {
    command: program,
    args: [
      ...['agent', 'exec', '--json', '--config', 'openclaw.json', '--message-file', '-', '--cwd', folder],
      ...['--model', `${SERVER}/${model}`, '--code-mode', 'direct', '--timeout', String(RUN_SECONDS)],
    ],
    env: { [KEY_VARIABLE]: credential.secret },
    files: { 'openclaw.json': JSON.stringify(configOf(asked)) },
    input: `${systemText(request.messages)}\n\n${promptOf(request.messages)}\n`.toWellFormed(),
  }
}

/** Secrets are named by their variables, which OpenClaw fills in. */
function configOf({ model, dialect, baseUrl, contextTokens, request, toolsUrl }: Asked): unknown {
  const headers = { Authorization: `Bearer \${${TOKEN_VARIABLE}}` }
  const server = { url: toolsUrl, transport: 'streamable-http', headers, requestTimeoutMs: TOOL_MS }
  const provider = {
    baseUrl,
    apiKey: `\${${KEY_VARIABLE}}`,
    api: dialect === 'anthropic' ? 'anthropic-messages' : 'openai-completions',
    models: [{ id: model, name: model, reasoning: false, input: ['text'], contextWindow: contextTokens }],
  }
  return {
    models: { mode: 'replace', providers: { [SERVER]: provider } },
    tools: {
      // An empty list would mean all of them.
      allow: toolsUrl === null ? [`${SERVER}__none`] : request.tools.map(({ name }) => `${SERVER}__${name}`),
      codeMode: { enabled: false },
      toolSearch: { enabled: false },
    },
    mcp: { servers: toolsUrl === null ? {} : { [SERVER]: server } },
  }
}
