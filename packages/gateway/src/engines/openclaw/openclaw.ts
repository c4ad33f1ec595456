import type { EngineChoice } from '@castellan/contracts'
import { ANTHROPIC_BASE_URL } from '../anthropic/anthropic.ts'
import { CliEngine } from '../cli/engine.ts'
import { installedProgram } from '../cli/installed.ts'
import { type CliParts, runCli } from '../cli/run.ts'
import type { CredentialWish } from '../credentials.ts'
import type { AnswerEvent, Engine, EngineHooks, ModelRequest } from '../engine.ts'
import { OPENAI_BASE_URL } from '../openai/openai.ts'
import { unasked } from '../remote/failure.ts'
import { openclawPlan } from './config.ts'
import { readOutput } from './output.ts'

type OpenclawChoice = Extract<EngineChoice, { engine: 'openclaw' }>

const PROGRAM = { command: 'openclaw', install: 'npm install -g openclaw' }

/** OpenClaw as a program: one turn of its agent, with our tools and none of its own. */
export class OpenclawEngine extends CliEngine<OpenclawChoice> implements Engine {
  readonly kind = 'openclaw'
  readonly supportedAuth = ['api_key'] as const

  constructor(choice: OpenclawChoice, parts: CliParts, wish: CredentialWish) {
    super(
      choice,
      parts,
      wish,
      choice.base_url ?? (choice.dialect === 'anthropic' ? ANTHROPIC_BASE_URL : OPENAI_BASE_URL),
      PROGRAM,
    )
  }

  async *complete(request: ModelRequest, signal: AbortSignal, hooks: EngineHooks = {}): AsyncGenerator<AnswerEvent> {
    const program = installedProgram(PROGRAM.command, PROGRAM.install, this.parts.path)
    const { model } = this
    const { dialect } = this.choice
    const { contextTokens } = await this.size()
    yield* this.tries((credential, progress) => {
      if (credential === null) throw unasked()
      const baseUrl = credential.baseUrl ?? this.baseUrl
      const { host } = new URL(baseUrl)
      return runCli({
        ...{ engine: this.kind, model, baseUrl, credential, request, hooks, signal, progress },
        parts: this.parts,
        plan: (folder, toolsUrl) => ({
          ...openclawPlan(program, {
            ...{ model, dialect, baseUrl, contextTokens, credential, request, toolsUrl, folder },
          }),
          read: (lines) => readOutput(lines, { host, secrets: [credential.secret] }),
        }),
      })
    }, signal)
  }
}
