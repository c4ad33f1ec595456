import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CastellanError, ProcessHealth } from '@castellan/contracts'
import { UnixClient } from '@castellan/daemon'
import { temporaryFolder, until } from '@castellan/testing'
import { onTestFinished } from 'vitest'

const main = fileURLToPath(new URL('../../../agentd/src/main.ts', import.meta.url))

/** However busy this machine is. */
const START_WITHIN_MS = 120_000

export interface Started {
  readonly state: string
  readonly pid: number
  /** Ends it before the test does. */
  stop(): Promise<void>
}

/** The real agentd, as the supervisor would start it, without gateway and engine; over a fresh state folder unless named. */
export async function startAgentd({
  state = temporaryFolder(),
  ready = 'ready',
}: {
  state?: string
  ready?: 'ready' | 'degraded'
} = {}): Promise<Started> {
  const sockets = join(state, 'sockets')
  mkdirSync(sockets, { mode: 0o700, recursive: true })
  const agentSocket = join(sockets, 'agent.sock')
  const operatorSocket = join(sockets, 'operator.sock')
  const child = spawn(process.execPath, ['--conditions=source', main], {
    env: {
      PATH: process.env.PATH,
      CASTELLAN_STATE_DIR: state,
      CASTELLAN_AGENT_SOCKET: agentSocket,
      CASTELLAN_OPERATOR_SOCKET: operatorSocket,
      CASTELLAN_LOG_LEVEL: 'error',
    },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const stop = async () => {
    child.kill('SIGTERM')
    await exited
  }
  onTestFinished(stop)
  const client = new UnixClient({ socketPath: operatorSocket, unavailable: 'agentd_unavailable', peer: 'agentd' })
  await until(
    'agentd is ready',
    async () => {
      try {
        return (await client.request('GET', '/v1/health', { schema: ProcessHealth })).state === ready
      } catch (error) {
        if (error instanceof CastellanError) return false
        throw error
      }
    },
    START_WITHIN_MS,
  )
  client.close()
  const instance = {
    url: 'http://127.0.0.1:9',
    tokenFile: join(state, 'token'),
    agentSocket,
    operatorSocket,
    pid: child.pid,
  }
  writeFileSync(join(state, 'run.json'), JSON.stringify(instance), { mode: 0o600 })
  return { state, pid: child.pid as number, stop }
}
