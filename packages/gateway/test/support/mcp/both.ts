import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Approval, LedgerPage, ProcessHealth } from '@castellan/contracts'
import { UnixClient } from '@castellan/daemon'
import { removeFolder, until } from '@castellan/testing'
import { GatewayConfig } from '../../../src/config.ts'
import { listen } from '../../../src/listen.ts'
import { buildServer } from '../../../src/server.ts'
import { quietLog } from '../log.ts'
import { McpClient } from './client.ts'

const MAIN = fileURLToPath(new URL('../../../../agentd/src/main.ts', import.meta.url))
const START_MS = 120_000

/** A gateway with an agentd process of its own, and a client that has the token: for all tests of a file. */
export class Both {
  readonly folder: string
  readonly port: number
  readonly token: string
  readonly client: McpClient
  readonly workspace: string
  readonly #operator: UnixClient
  readonly #closeGateway: () => Promise<void>
  #stopAgentd: () => Promise<void>

  private constructor(parts: {
    folder: string
    port: number
    token: string
    operator: UnixClient
    closeGateway: () => Promise<void>
    stopAgentd: () => Promise<void>
  }) {
    this.folder = parts.folder
    this.port = parts.port
    this.token = parts.token
    this.client = new McpClient(parts.port, { authorization: `Bearer ${parts.token}` })
    this.workspace = join(parts.folder, 'workspace')
    this.#operator = parts.operator
    this.#closeGateway = parts.closeGateway
    this.#stopAgentd = parts.stopAgentd
  }

  /** `settings`: agentd's, beside where things are. */
  static async start(settings: Record<string, unknown> = {}): Promise<Both> {
    const folder = mkdtempSync(join(tmpdir(), 'cst-mcp-'))
    const token = `cst_${randomBytes(32).toString('base64url')}`
    writeFileSync(join(folder, 'token'), `${token}\n`, { mode: 0o600 })
    const socketPath = join(folder, 'operator.sock')
    const operator = new UnixClient({ socketPath, unavailable: 'agentd_unavailable', peer: 'agentd' })
    const config = GatewayConfig.parse({
      port: 0,
      stateDir: folder,
      tokenFile: join(folder, 'token'),
      agentSocket: join(folder, 'agent.sock'),
      engineSocket: join(folder, 'engine.sock'),
      pageDir: folder,
    })
    const app = await buildServer(config, quietLog('gateway'))
    const port = Number(new URL(await listen(app, config)).port)
    const stopAgentd = await startAgentd(folder, settings)
    return new Both({ folder, port, token, operator, closeGateway: () => app.close(), stopAgentd })
  }

  async stop(): Promise<void> {
    await this.#closeGateway()
    this.#operator.close()
    await this.#stopAgentd()
    await removeFolder(this.folder)
  }

  /** Kills agentd as a crash would, and starts the next one. */
  async restartAgentd(): Promise<void> {
    await this.#stopAgentd()
    this.#stopAgentd = await startAgentd(this.folder, {})
  }

  decide(id: string, verdict: 'approve' | 'deny'): Promise<Approval> {
    return this.#operator.request('POST', `/v1/approvals/${id}/decision`, { body: { verdict }, schema: Approval })
  }

  async entries(query = ''): Promise<LedgerPage['records']> {
    const path = `/v1/ledger/entries?limit=1000${query}`
    return (await this.#operator.request('GET', path, { schema: LedgerPage })).records
  }

  read(name: string): string {
    return readFileSync(join(this.workspace, name), 'utf8')
  }
}

async function startAgentd(folder: string, settings: Record<string, unknown>): Promise<() => Promise<void>> {
  const child = spawn(process.execPath, ['--conditions=source', MAIN], {
    stdio: 'ignore',
    env: {
      PATH: process.env.PATH,
      CASTELLAN_STATE_DIR: folder,
      CASTELLAN_AGENT_SOCKET: join(folder, 'agent.sock'),
      CASTELLAN_OPERATOR_SOCKET: join(folder, 'operator.sock'),
      CASTELLAN_TOKEN_FILE: join(folder, 'token'),
      ...Object.fromEntries(
        Object.entries(settings).map(([key, value]) => [`CASTELLAN_${key}`, JSON.stringify(value)]),
      ),
    },
  })
  const exited = once(child, 'exit')
  // Agents are let in last.
  const agent = new UnixClient({
    socketPath: join(folder, 'agent.sock'),
    unavailable: 'agentd_unavailable',
    peer: 'agentd',
  })
  await until(
    'agentd answers',
    () => {
      if (child.exitCode !== null) throw new Error(`agentd ended with ${child.exitCode}`)
      return agent.request('GET', '/v1/health', { schema: ProcessHealth }).catch(() => undefined)
    },
    START_MS,
  )
  agent.close()
  return async () => {
    child.kill('SIGKILL')
    await exited
  }
}
