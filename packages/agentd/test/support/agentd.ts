import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  AgentName,
  Approval,
  type ApprovalId,
  CallAnswer,
  type CallOutcome,
  type CallPending,
  CallRequest,
  CastellanError,
  type LedgerIndex,
  LedgerPage,
  newId,
  type SessionId,
} from '@castellan/contracts'
import { createLogger, loadConfig, UnixClient } from '@castellan/daemon'
import { temporaryFolder } from '@castellan/testing'
import { onTestFinished } from 'vitest'
import { Config } from '../../src/config.ts'
import { startAgentd } from '../../src/daemon.ts'
import type { Tool } from '../../src/tools/define.ts'
import { testTools } from './tools.ts'

export const OWNER_TOKEN = `cst_${'A'.repeat(43)}`

export interface AgentdOptions {
  readonly stateDir?: string
  readonly tools?: readonly Tool[]
  readonly settings?: Record<string, unknown>
}

/** A real agentd in this process, on sockets and a ledger of its own; stopped when the test ends. */
export class TestAgentd {
  readonly stateDir: string
  readonly agent: UnixClient
  readonly operator: UnixClient
  readonly #running: { stop(): Promise<void> }
  #stopped = false

  private constructor(stateDir: string, running: { stop(): Promise<void> }) {
    this.stateDir = stateDir
    this.#running = running
    this.agent = client(join(stateDir, 'sockets/agent.sock'))
    this.operator = client(join(stateDir, 'sockets/operator.sock'))
  }

  static async start({ stateDir = temporaryState(), tools = testTools, settings = {} }: AgentdOptions = {}) {
    const config = loadConfig(Config, { env: configEnv(stateDir, settings) })
    const running = await startAgentd({ config, log: createLogger({ name: 'agentd', file: '/dev/null' }) }, tools)
    const agentd = new TestAgentd(stateDir, running)
    onTestFinished(() => agentd.stop())
    return agentd
  }

  async stop(): Promise<void> {
    if (this.#stopped) return
    this.#stopped = true
    await this.#running.stop()
    this.agent.close()
    this.operator.close()
  }

  call(tool: string, args: Record<string, unknown> = {}, rest: Partial<CallRequest> = {}): Promise<CallAnswer> {
    return send(this.agent, request(tool, args, rest))
  }

  operate(tool: string, args: Record<string, unknown> = {}): Promise<CallAnswer> {
    return send(this.operator, request(tool, args, { agent: AgentName.parse('operator') }))
  }

  async decide(id: ApprovalId, verdict: 'approve' | 'deny'): Promise<Approval> {
    return this.operator.request('POST', `/v1/approvals/${id}/decision`, { body: { verdict }, schema: Approval })
  }

  /** Asks, has the operator agree, and comes back: the way every change by an agent goes. */
  async callApproved(tool: string, args: Record<string, unknown>, rest: Partial<CallRequest> = {}) {
    const asked = request(tool, args, rest)
    const pending = asPending(await send(this.agent, asked))
    await this.decide(pending.approval_id, 'approve')
    return asDone(await send(this.agent, { ...asked, approval_id: pending.approval_id }))
  }

  async entries(query = ''): Promise<LedgerPage['records']> {
    return (await this.operator.request('GET', `/v1/ledger/entries?limit=1000${query}`, { schema: LedgerPage })).records
  }

  /** Types of all entries, oldest first, without those of starting and stopping. */
  async story(): Promise<string[]> {
    const types = (await this.entries()).map(({ entry }) => entry.type)
    const atStart = new Set(['policy_loaded', 'model_registry_changed'])
    return types.filter((type) => !type.startsWith('daemon_') && !atStart.has(type)).toReversed()
  }
}

export function request(
  tool: string,
  args: Record<string, unknown> = {},
  rest: Partial<CallRequest> = {},
): CallRequest {
  return CallRequest.parse({ call_id: newId('call'), session: 'ses_0123456789', agent: 'main', tool, args, ...rest })
}

export const otherSession = 'ses_9876543210' as SessionId

export function send(socket: UnixClient, body: unknown): Promise<CallAnswer> {
  return socket.request('POST', '/v1/calls', { body, schema: CallAnswer })
}

/** An outcome that is on record. */
export type Recorded = CallOutcome & { readonly ledger_index: LedgerIndex }

export function asDone(answer: CallAnswer): Recorded {
  if (answer.status !== 'done') throw new Error(`the call is not done but ${answer.status}`)
  const { ledger_index } = answer
  if (ledger_index === null) throw new Error('the call is done but not on record')
  return { ...answer, ledger_index }
}

export function asPending(answer: CallAnswer): CallPending {
  if (answer.status !== 'approval_required') throw new Error(`the call does not wait but is ${answer.status}`)
  return answer
}

/** The error a promise is rejected with. */
export async function refusal(promise: Promise<unknown>): Promise<CastellanError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof CastellanError) return error
  throw new Error(`expected a refusal, got ${String(error)}`)
}

export function client(socketPath: string): UnixClient {
  return new UnixClient({ socketPath, unavailable: 'agentd_unavailable', peer: 'agentd' })
}

/** A fresh state folder with an owner's token, gone when the test ends. Short, because sockets lie in it. */
export function temporaryState(): string {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'token'), `${OWNER_TOKEN}\n`, { mode: 0o600 })
  return folder
}

/** agentd's configuration as its environment carries it. */
export function configEnv(stateDir: string, settings: Record<string, unknown> = {}): NodeJS.ProcessEnv {
  const values = {
    STATE_DIR: stateDir,
    AGENT_SOCKET: join(stateDir, 'sockets/agent.sock'),
    OPERATOR_SOCKET: join(stateDir, 'sockets/operator.sock'),
    TOKEN_FILE: join(stateDir, 'token'),
    ...settings,
  }
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [
      `CASTELLAN_${key}`,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  )
}
