import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer, type Server } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** One run's folder, token and ports. */
export interface Bench {
  readonly state: string
  readonly token: string
  readonly gatewayPort: number
  readonly barePort: number
  /** What every child gets, ours and the bare ones alike. */
  readonly env: NodeJS.ProcessEnv
}

/** Gives a task a fresh folder with a token and free ports, and a ledger that takes whatever is recorded. */
export async function withBench(task: (bench: Bench) => Promise<void>): Promise<void> {
  const state = mkdtempSync(join(tmpdir(), 'castellan-bench-'))
  const records = await startRecords(join(state, 'record.sock'))
  try {
    const token = `cst_${randomBytes(32).toString('base64url')}`
    writeFileSync(join(state, 'token'), token, { mode: 0o600 })
    const others = Object.entries(process.env).filter(([key]) => !key.startsWith('CASTELLAN_'))
    const env = { ...Object.fromEntries(others), NODE_COMPILE_CACHE: join(state, 'cache') }
    await task({ state, token, env, gatewayPort: await freePort(), barePort: await freePort() })
  } finally {
    records.close()
    records.closeAllConnections()
    rmSync(state, { recursive: true, force: true })
  }
}

/** No limit of requests: what is measured is how many there can be. */
const UNLIMITED = String(1_000_000_000)

export function startGateway({ state, gatewayPort, env }: Bench): ChildProcess {
  return spawn(process.execPath, ['--conditions=source', 'packages/gateway/src/main.ts'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...env,
      CASTELLAN_PORT: String(gatewayPort),
      CASTELLAN_STATE_DIR: state,
      CASTELLAN_TOKEN_FILE: join(state, 'token'),
      CASTELLAN_AGENT_SOCKET: join(state, 'agent.sock'),
      CASTELLAN_ENGINE_SOCKET: join(state, 'engine.sock'),
      CASTELLAN_LOG_LEVEL: 'error',
      CASTELLAN_LIMITS__PER_TOKEN_PER_MINUTE: UNLIMITED,
      CASTELLAN_LIMITS__PER_ADDRESS_PER_MINUTE: UNLIMITED,
    },
  })
}

export function startBare({ barePort, env }: Bench, program: string, more: NodeJS.ProcessEnv = {}): ChildProcess {
  return spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...env, ...more, PORT: String(barePort) },
  })
}

/** Milliseconds until the port answers HTTP. */
export async function answers(port: number, since: number): Promise<number> {
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined)
    if (answer !== undefined) return performance.now() - since
    if (performance.now() - since > 20_000) throw new Error(`nothing answers on port ${port}`)
    await sleep(2)
  }
}

export async function stop(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await gone
}

export function residentMB(child: ChildProcess): number {
  const [, kB] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? []
  return Number(kB) / 1024
}

export const quantile = (values: readonly number[], q: number): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

/** agentd's record.sock, as far as making a token needs it. */
async function startRecords(path: string): Promise<Server> {
  let index = 0
  const server = createHttpServer((message, response) => {
    message.resume().once('end', () => {
      const isRead = message.method === 'GET'
      const answer = isRead ? { revoked: [], rotations: {} } : { index: index++ }
      response.writeHead(isRead ? 200 : 201, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
    })
  }).listen(path)
  await once(server, 'listening')
  return server
}
