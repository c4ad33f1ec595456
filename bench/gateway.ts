import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from 'ws'
import type { Report } from '../scripts/bench/report.ts'

export const title = 'Gateway: a round trip of /help beside bare ws; start and memory beside bare fastify'

const ROUNDS = 20
const TRIPS = 200
const STARTS = 7
const SETTLE_MS = 3000

const HELP = JSON.stringify({ type: 'chat', text: '/help' })

const BARE_FASTIFY = `
  import fastify from 'fastify'
  const app = fastify()
  app.get('/health', async () => ({ status: 'ok' }))
  await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) })`

/** Knows the gateway's two frames in advance, and reads nothing of what it gets. */
const BARE_WS = `
  import { createServer } from 'node:http'
  import { WebSocketServer } from 'ws'
  const frames = JSON.parse(process.env.FRAMES)
  const server = createServer((_request, response) => response.end())
  const sockets = new WebSocketServer({ server, perMessageDeflate: false })
  sockets.on('connection', (socket) => socket.on('message', () => { for (const frame of frames) socket.send(frame) }))
  server.listen(Number(process.env.PORT), '127.0.0.1')`

/** One run's folder, token and ports. */
interface Bench {
  readonly state: string
  readonly token: string
  readonly gatewayPort: number
  readonly barePort: number
  /** What every child gets, ours and the bare ones alike. */
  readonly env: NodeJS.ProcessEnv
}

/** Each pair takes turns in one run, so that whatever else the machine does meets both alike. */
export async function run(report: Report): Promise<void> {
  const state = mkdtempSync(join(tmpdir(), 'castellan-bench-'))
  try {
    const token = `cst_${randomBytes(32).toString('base64url')}`
    writeFileSync(join(state, 'token'), token, { mode: 0o600 })
    const others = Object.entries(process.env).filter(([key]) => !key.startsWith('CASTELLAN_'))
    const env = { ...Object.fromEntries(others), NODE_COMPILE_CACHE: join(state, 'cache') }
    const bench: Bench = { state, token, env, gatewayPort: await freePort(), barePort: await freePort() }
    await reportTrips(bench, report)
    await reportStarts(bench, report)
  } finally {
    rmSync(state, { recursive: true, force: true })
  }
}

async function reportTrips(bench: Bench, report: Report): Promise<void> {
  const { gateway, bare } = await roundTrips(bench)
  for (const [name, q] of [
    ['median', 0.5],
    ['99th percentile', 0.99],
  ] as const) {
    const [value, baseline] = [quantile(gateway, q), quantile(bare, q)]
    const goal = q === 0.5 ? 'at most 1.3 times a bare ws that sends the same two frames' : undefined
    const row = { name: `/help there and back, ${name}`, value, unit: 'µs', baseline, ratio: value / baseline }
    report(goal === undefined ? row : { ...row, goal })
  }
}

async function reportStarts(bench: Bench, report: Report): Promise<void> {
  const { gateway, bare, gatewayMB, bareMB } = await starts(bench)
  const [value, baseline] = [quantile(gateway, 0.5), quantile(bare, 0.5)]
  const goal = 'under 1000 ms (baseline: bare fastify)'
  report({ name: 'gateway start to first answer, median', value, unit: 'ms', baseline, ratio: value / baseline, goal })
  report({
    ...{ name: 'gateway resident memory when idle', value: gatewayMB, unit: 'MB', baseline: bareMB },
    ...{ ratio: gatewayMB / bareMB, goal: 'under 120 MB (baseline: bare fastify)' },
  })
}

function startGateway({ state, gatewayPort, env }: Bench): ChildProcess {
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
    },
  })
}

function startBare({ barePort, env }: Bench, program: string, frames: readonly string[] = []): ChildProcess {
  return spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...env, PORT: String(barePort), FRAMES: JSON.stringify(frames) },
  })
}

/** Milliseconds until the port answers HTTP. */
async function answers(port: number, since: number): Promise<number> {
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined)
    if (answer !== undefined) return performance.now() - since
    if (performance.now() - since > 20_000) throw new Error(`nothing answers on port ${port}`)
    await sleep(2)
  }
}

async function stop(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await gone
}

function residentMB(child: ChildProcess): number {
  const [, kB] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? []
  return Number(kB) / 1024
}

const quantile = (values: number[], q: number): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN
}

/** A socket on which one message is answered with two frames, the second of which ends the trip. */
class Trips {
  readonly socket: WebSocket
  readonly micros: number[] = []
  #arrived: (() => void) | undefined
  #left = 0

  constructor(socket: WebSocket) {
    this.socket = socket
    socket.on('message', () => {
      this.#left -= 1
      if (this.#left === 0) this.#arrived?.()
    })
  }

  async trip(record: boolean): Promise<void> {
    const start = performance.now()
    this.#left = 2
    const arrived = new Promise<void>((resolve) => {
      this.#arrived = resolve
    })
    this.socket.send(HELP)
    await arrived
    if (record) this.micros.push((performance.now() - start) * 1000)
  }
}

async function connect(port: number, headers: Record<string, string> = {}): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, { headers, perMessageDeflate: false })
  await new Promise((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  return socket
}

/** The frames that answer `/help`, as the gateway sends them. */
async function helpFrames(socket: WebSocket): Promise<string[]> {
  const frames: string[] = []
  const done = new Promise<void>((resolve) => {
    socket.on('message', (data) => {
      frames.push(String(data))
      if (JSON.parse(String(data)).type === 'done') resolve()
    })
  })
  socket.send(HELP)
  await done
  socket.removeAllListeners('message')
  return frames.filter((frame) => ['text', 'done'].includes(JSON.parse(frame).type))
}

async function roundTrips(bench: Bench): Promise<{ gateway: number[]; bare: number[] }> {
  const gateway = startGateway(bench)
  await answers(bench.gatewayPort, performance.now())
  const socket = await connect(bench.gatewayPort, { authorization: `Bearer ${bench.token}` })
  const frames = await helpFrames(socket)
  const bare = startBare(bench, BARE_WS, frames)
  await answers(bench.barePort, performance.now())
  try {
    const ours = new Trips(socket)
    const theirs = new Trips(await connect(bench.barePort))
    // The first round warms both up.
    for (let round = 0; round <= ROUNDS; round++) {
      for (let trip = 0; trip < TRIPS; trip++) await ours.trip(round > 0)
      for (let trip = 0; trip < TRIPS; trip++) await theirs.trip(round > 0)
    }
    for (const { socket } of [ours, theirs]) socket.terminate()
    return { gateway: ours.micros, bare: theirs.micros }
  } finally {
    await Promise.all([stop(gateway), stop(bare)])
  }
}

async function starts(bench: Bench): Promise<{ gateway: number[]; bare: number[]; gatewayMB: number; bareMB: number }> {
  const result = { gateway: [] as number[], bare: [] as number[], gatewayMB: 0, bareMB: 0 }
  for (let start = 0; start < STARTS; start++) {
    const begun = performance.now()
    const gateway = startGateway(bench)
    result.gateway.push(await answers(bench.gatewayPort, begun))
    const bareBegun = performance.now()
    const bare = startBare(bench, BARE_FASTIFY)
    result.bare.push(await answers(bench.barePort, bareBegun))
    if (start === STARTS - 1) {
      await sleep(SETTLE_MS)
      result.gatewayMB = residentMB(gateway)
      result.bareMB = residentMB(bare)
    }
    await Promise.all([stop(gateway), stop(bare)])
  }
  return result
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}
