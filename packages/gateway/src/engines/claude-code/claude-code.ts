import type { EngineChoice } from '@castellan/contracts'
import { ANTHROPIC_BASE_URL } from '../anthropic/anthropic.ts'
import { CliEngine } from '../cli/engine.ts'
import { installedProgram } from '../cli/installed.ts'
import { type CliParts, runCli } from '../cli/run.ts'
import type { CredentialWish } from '../credentials.ts'
import type { AnswerEvent, Engine, EngineHooks, ModelRequest } from '../engine.ts'
import { unasked } from '../remote/failure.ts'
import { claudePlan } from './command.ts'
import { readOutput } from './output.ts'

type ClaudeCodeChoice = Extract<EngineChoice, { engine: 'claude-code' }>

const PROGRAM = { command: 'claude', install: 'npm install -g @anthropic-ai/claude-code' }

/** Claude Code as a program: its agent loop and its subscription, our tools, our policy, our ledger. */
export class ClaudeCodeEngine extends CliEngine<ClaudeCodeChoice> implements Engine {
  readonly kind = 'claude-code'
  readonly supportedAuth = ['api_key', 'oauth_token'] as const

  constructor(choice: ClaudeCodeChoice, parts: CliParts, wish: CredentialWish) {
    super(choice, parts, wish, choice.base_url ?? ANTHROPIC_BASE_URL, PROGRAM)
  }

  async *complete(request: ModelRequest, signal: AbortSignal, hooks: EngineHooks = {}): AsyncGenerator<AnswerEvent> {
    const program = installedProgram(PROGRAM.command, PROGRAM.install, this.parts.path)
    const { model } = this
    yield* this.tries((credential, progress) => {
      if (credential === null) throw unasked()
      const baseUrl = credential.baseUrl ?? this.baseUrl
      const { host } = new URL(baseUrl)
      return runCli({
        ...{ engine: this.kind, model, baseUrl, credential, request, hooks, signal, progress },
        parts: this.parts,
        plan: (_folder, toolsUrl) => ({
          ...claudePlan(program, { model, baseUrl, credential, request, toolsUrl }),
          read: (lines) =>
            readOutput(lines, { host, secrets: [credential.secret], progress, tools: toolsUrl !== null }),
        }),
      })
    }, signal)
  }
}
