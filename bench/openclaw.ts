import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from 'ws'
import type { Report } from '../scripts/bench/report.ts'

export const title = 'Gateway and agentd beside OpenClaw’s gateway (npm): start, memory, handshakes, requests'

const VERSION = '2026.9.6'
const STARTS = 3
const SETTLE_MS = 5000
const HANDSHAKES = 100
const REQUESTS = 2000
const PATIENCE_MS = 120_000

/**
 * OpenClaw is 640 MB of packages, so this runs only where CASTELLAN_BENCH_OPENCLAW names a folder: it is installed there, without
 * its install scripts, unless it is there already. Both run from the same Node with a compile cache that a first start filled.
 */
export async function run(report: Report): Promise<void> {
  const folder = process.env.CASTELLAN_BENCH_OPENCLAW
  if (folder === undefined) {
    console.log('Left out: set CASTELLAN_BENCH_OPENCLAW to a folder that OpenClaw can be installed into (640 MB).')
    return
  }
  install(folder)
  const state = mkdtempSync(join(tmpdir(), 'castellan-bench-'))
  try {
    const [ours, theirs] = [
      new Castellan(state),
      new OpenClaw(join(folder, 'node_modules/openclaw/openclaw.mjs'), state),
    ]
    const rows = [await measure(ours), await measure(theirs)] as const
    for (const name of Object.keys(rows[0]) as (keyof Figures)[]) {
      const { value, unit } = rows[0][name]
      const baseline = rows[1][name].value
      report({ name, value, unit, baseline, ratio: value / baseline, goal: '(baseline: OpenClaw)' })
    }
  } finally {
    rmSync(state, { recursive: true, force: true, maxRetries: 3 })
  }
}

function install(folder: string): void {
  if (existsSync(join(folder, 'node_modules/openclaw'))) return
  mkdirSync(folder, { recursive: true })
  const args = ['install', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund', `openclaw@${VERSION}`]
  if (spawnSync('npm', args, { stdio: 'inherit' }).status !== 0) throw new Error('OpenClaw could not be installed')
}

/** What is measured of both. */
interface Peer {
  /** Milliseconds until a client's handshake is taken. */
  start(): Promise<number>
  /** Of all its processes, in MB. */
  residentMB(): number
  /** A socket whose handshake is done. */
  connect(): Promise<WebSocket>
  /** One authenticated request that lists conversations, there and back. */
  request(socket: WebSocket): Promise<void>
  stop(): Promise<void>
}

type Figures = Record<
  | 'start until a client is let in, median'
  | 'memory at rest'
  | 'handshakes, one after the other'
  | 'requests, one after the other',
  { value: number; unit: string }
>

async function measure(peer: Peer): Promise<Figures> {
  const starts: number[] = []
  for (let nth = 0; nth <= STARTS; nth++) {
    const ms = await peer.start()
    if (nth > 0) starts.push(ms)
    if (nth < STARTS) await peer.stop()
  }
  await sleep(SETTLE_MS)
  const memory = peer.residentMB()
  const handshakes = await perSecond(HANDSHAKES, async () => {
    const socket = await peer.connect()
    socket.close()
    await once(socket, 'close')
  })
  const socket = await peer.connect()
  await perSecond(REQUESTS / 10, () => peer.request(socket))
  const requests = await perSecond(REQUESTS, () => peer.request(socket))
  socket.close()
  await peer.stop()
  return {
    'start until a client is let in, median': { value: starts.sort((a, b) => a - b)[1] ?? Number.NaN, unit: 'ms' },
    'memory at rest': { value: memory, unit: 'MB' },
    'handshakes, one after the other': { value: handshakes, unit: '/s' },
    'requests, one after the other': { value: requests, unit: '/s' },
  }
}

async function perSecond(times: number, act: () => Promise<void>): Promise<number> {
  const began = performance.now()
  for (let i = 0; i < times; i++) await act()
  return times / ((performance.now() - began) / 1000)
}

/** Waits until a handshake is taken; what is refused before is tried again. */
async function letIn(peer: Peer, began: number): Promise<number> {
  for (;;) {
    const socket = await peer.connect().catch(() => undefined)
    if (socket !== undefined) {
      socket.close()
      return performance.now() - began
    }
    if (performance.now() - began > PATIENCE_MS) throw new Error('no handshake was taken')
    await sleep(20)
  }
}

/** The gateway and agentd: together they do what OpenClaw's one process does. */
class Castellan implements Peer {
  readonly #state: string
  readonly #token = `cst_${randomBytes(32).toString('base64url')}`
  #children: ChildProcess[] = []
  #port = 0

  constructor(state: string) {
    this.#state = join(state, 'castellan')
    mkdirSync(this.#state, { mode: 0o700 })
    writeFileSync(join(this.#state, 'token'), this.#token, { mode: 0o600 })
  }

  async start(): Promise<number> {
    this.#port = await freePort()
    const env = {
      PATH: process.env.PATH,
      NODE_COMPILE_CACHE: join(this.#state, 'cache'),
      CASTELLAN_PORT: String(this.#port),
      CASTELLAN_STATE_DIR: this.#state,
      CASTELLAN_TOKEN_FILE: join(this.#state, 'token'),
      CASTELLAN_AGENT_SOCKET: join(this.#state, 'agent.sock'),
      CASTELLAN_OPERATOR_SOCKET: join(this.#state, 'operator.sock'),
      CASTELLAN_ENGINE_SOCKET: join(this.#state, 'engine.sock'),
      CASTELLAN_LOG_LEVEL: 'error',
    }
    const began = performance.now()
    this.#children = ['agentd', 'gateway'].map((name) => {
      const { CASTELLAN_OPERATOR_SOCKET, CASTELLAN_PORT, CASTELLAN_ENGINE_SOCKET, ...both } = env
      const own = name === 'agentd' ? { CASTELLAN_OPERATOR_SOCKET } : { CASTELLAN_PORT, CASTELLAN_ENGINE_SOCKET }
      const args = ['--conditions=source', `packages/${name}/src/main.ts`]
      return spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'], env: { ...both, ...own } })
    })
    await letIn(this, began)
    while (!(await this.#bothReady())) await sleep(5)
    return performance.now() - began
  }

  async #bothReady(): Promise<boolean> {
    const answer = await fetch(`http://127.0.0.1:${this.#port}/health`)
    return ((await answer.json()) as { agentd: string }).agentd === 'ready'
  }

  residentMB(): number {
    return this.#children.map(({ pid = 0 }) => residentOf(pid)).reduce((sum, mb) => sum + mb, 0)
  }

  async connect(): Promise<WebSocket> {
    const headers = { authorization: `Bearer ${this.#token}` }
    const socket = new WebSocket(`ws://127.0.0.1:${this.#port}/ws`, ['castellan.v1'], { headers })
    await once(socket, 'message', { signal: failing(socket) })
    return socket
  }

  async request(): Promise<void> {
    const headers = { authorization: `Bearer ${this.#token}` }
    const answer = await fetch(`http://127.0.0.1:${this.#port}/api/v1/chats`, { headers })
    if (!answer.ok) throw new Error(`the request was refused: ${await answer.text()}`)
    await answer.arrayBuffer()
  }

  async stop(): Promise<void> {
    await Promise.all(this.#children.map((child) => ended(child, () => child.kill('SIGTERM'))))
  }
}

/** OpenClaw's gateway as its own tools on the machine speak to it: a challenge, a `connect` with the token, then requests. */
class OpenClaw implements Peer {
  readonly #program: string
  readonly #home: string
  readonly #token = randomBytes(32).toString('base64url')
  #child: ChildProcess | undefined
  #port = 0
  #ids = 0

  constructor(program: string, state: string) {
    this.#program = program
    this.#home = join(state, 'openclaw')
    mkdirSync(this.#home)
  }

  async start(): Promise<number> {
    this.#port = await freePort()
    const args = ['gateway', '--port', String(this.#port), '--bind', 'loopback', '--allow-unconfigured']
    const began = performance.now()
    this.#child = spawn(process.execPath, [this.#program, ...args], {
      stdio: 'ignore',
      detached: true,
      env: {
        PATH: process.env.PATH,
        HOME: this.#home,
        NODE_COMPILE_CACHE: join(this.#home, 'cache'),
        OPENCLAW_STATE_DIR: join(this.#home, 'state'),
        OPENCLAW_GATEWAY_TOKEN: this.#token,
      },
    })
    return letIn(this, began)
  }

  residentMB(): number {
    const group = this.#child?.pid ?? 0
    return processesOf(group)
      .map(residentOf)
      .reduce((sum, mb) => sum + mb, 0)
  }

  async connect(): Promise<WebSocket> {
    const socket = new WebSocket(`ws://127.0.0.1:${this.#port}`)
    await once(socket, 'message', { signal: failing(socket) })
    const client = { id: 'gateway-client', version: '1.0.0', platform: 'linux', mode: 'backend' }
    const auth = { token: this.#token }
    const role = { role: 'operator', scopes: ['operator.read'], caps: [] }
    await this.#ask(socket, 'connect', { minProtocol: 4, maxProtocol: 4, client, auth, ...role })
    return socket
  }

  async request(socket: WebSocket): Promise<void> {
    await this.#ask(socket, 'sessions.list', {})
  }

  async #ask(socket: WebSocket, method: string, params: object): Promise<void> {
    this.#ids += 1
    const id = String(this.#ids)
    socket.send(JSON.stringify({ type: 'req', id, method, params }))
    await new Promise<void>((resolve, reject) => {
      const onClose = () => settle(new Error('the socket was closed'))
      const onMessage = (data: Buffer) => {
        const frame = JSON.parse(data.toString()) as { type: string; id?: string; ok?: boolean; error?: unknown }
        if (frame.type !== 'res' || frame.id !== id) return
        settle(frame.ok === true ? null : new Error(`OpenClaw refused ${method}: ${JSON.stringify(frame.error)}`))
      }
      const settle = (error: Error | null) => {
        socket.off('message', onMessage)
        socket.off('close', onClose)
        if (error === null) return resolve()
        socket.close()
        reject(error)
      }
      socket.on('message', onMessage)
      socket.on('close', onClose)
    })
  }

  async stop(): Promise<void> {
    const child = this.#child
    if (child?.pid === undefined) return
    const group = child.pid
    const timer = setTimeout(() => killGroup(group), 20_000)
    await ended(child, () => process.kill(group, 'SIGTERM'))
    clearTimeout(timer)
    killGroup(group)
  }
}

function killGroup(group: number): void {
  try {
    process.kill(-group, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Aborts when the socket fails or closes. */
function failing(socket: WebSocket): AbortSignal {
  const failed = new AbortController()
  socket.once('error', (error) => failed.abort(error))
  socket.once('close', () => failed.abort(new Error('the socket was closed')))
  return failed.signal
}

async function ended(child: ChildProcess, end: () => void): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  end()
  await gone
}

/** Every process of a group. Source: proc(5), /proc/pid/stat, field 5. */
function processesOf(group: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
          .replace(/^.*\) /, '')
          .split(' ')
        return Number(fields[2]) === group
      } catch {
        return false
      }
    })
}

function residentOf(pid: number): number {
  try {
    const [, kB] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return Number(kB ?? 0) / 1024
  } catch {
    return 0
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
