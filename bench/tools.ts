import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { CallAnswer, newId } from '@castellan/contracts'
import { UnixClient } from '@castellan/daemon'
import type { Report } from '../scripts/bench/report.ts'
import { type BenchClient, HttpBenchClient, StdioBenchClient, type Version } from './tools/client.ts'

export const title =
  'tools over MCP: file_stat with its two durable ledger entries beside a bare SDK server without any'

const WARM_UP = 200
const CALLS = 1000
const CALLERS = 16
const CALLS_OF_ALL = 3200
const LISTINGS = 50
const TOOL = 'file_stat'

const ways = [
  { name: 'stdio', http: false, version: '2026-07-28' },
  { name: 'HTTP', http: true, version: '2026-07-28' },
  { name: 'HTTP with sessions', http: true, version: '2025-11-25' },
] as const
type Way = (typeof ways)[number]

export async function run(report: Report): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'cst-bench-'))
  try {
    await compareAll(folder, report)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function compareAll(folder: string, report: Report): Promise<void> {
  await using castellan = await Castellan.start(folder)
  await using bare = await BareHttp.start()
  await reportSocket(castellan, report)
  for (const way of ways) {
    const { http, version } = way
    const ours = await (http ? castellan.http(version) : castellan.stdio(version)).open()
    const theirs = await (http ? bare.http(version) : bareStdio(version)).open()
    await compare(way, { ours, theirs, path: castellan.file }, report)
    if (way.name === 'stdio') await reportListing(ours, report)
    await Promise.all([ours.close(), theirs.close()])
  }
}

/** The same call without MCP: what of the rest is agentd's and the disk's. */
async function reportSocket({ agentSocket, file }: Castellan, report: Report): Promise<void> {
  const socket = new UnixClient({ socketPath: agentSocket, peer: 'agentd', unavailable: 'agentd_unavailable' })
  const session = newId('ses')
  const times: number[] = []
  for (let i = -WARM_UP; i < CALLS; i++) {
    const body = { call_id: newId('call'), session, agent: 'bench', tool: TOOL, args: { path: file } }
    const ms = await timed(() => socket.request('POST', '/v1/calls', { body, schema: CallAnswer }))
    if (i >= 0) times.push(ms)
  }
  socket.close()
  report({ name: `${TOOL} through agent.sock, without MCP, p50`, value: quantile(times, 0.5), unit: 'ms' })
}

interface Pair {
  readonly ours: BenchClient
  readonly theirs: BenchClient
  readonly path: string
}

/** One call after the other, ours and theirs in turns; then many at once, each server by itself. */
async function compare({ name, version }: Way, { ours, theirs, path }: Pair, report: Report): Promise<void> {
  const times: Record<'ours' | 'theirs', number[]> = { ours: [], theirs: [] }
  for (let i = -WARM_UP; i < CALLS; i++) {
    const mine = await timed(() => call(ours, path))
    const other = await timed(() => call(theirs, path))
    if (i < 0) continue
    times.ours.push(mine)
    times.theirs.push(other)
  }
  const what = `${TOOL} over ${name} (${version})`
  for (const [label, q] of [
    ['p50', 0.5],
    ['p99', 0.99],
  ] as const) {
    const value = quantile(times.ours, q)
    const baseline = quantile(times.theirs, q)
    const goal = label === 'p50' ? (name === 'stdio' ? 'at most 1.5 ms above' : 'not above') : undefined
    report({ name: `${what}, ${label}`, value, unit: 'ms', baseline, ratio: value / baseline, ...(goal && { goal }) })
  }
  const value = await callsPerSecond(ours, path)
  const baseline = await callsPerSecond(theirs, path)
  report({ name: `${what}, ${CALLERS} at once`, value, unit: 'calls/s', baseline, ratio: value / baseline })
}

async function reportListing(client: BenchClient, report: Report): Promise<void> {
  const times: number[] = []
  let tools = 0
  for (let i = 0; i < LISTINGS; i++) {
    times.push(
      await timed(async () => {
        tools = 0
        let cursor: string | undefined
        do {
          const page = await client.request('tools/list', cursor === undefined ? {} : { cursor })
          tools += (page.tools as unknown[]).length
          cursor = page.nextCursor as string | undefined
        } while (cursor !== undefined)
      }),
    )
  }
  report({ name: `listing ${tools} tools, p50`, value: quantile(times, 0.5), unit: 'ms', goal: 'under 10 ms for 130' })
}

async function call(client: BenchClient, path: string): Promise<void> {
  const result = await client.request('tools/call', { name: TOOL, arguments: { path } })
  if (result.isError === true) throw new Error(`the call failed: ${JSON.stringify(result.content)}`)
}

async function callsPerSecond(client: BenchClient, path: string): Promise<number> {
  const started = performance.now()
  const caller = async () => {
    for (let i = 0; i < CALLS_OF_ALL / CALLERS; i++) await call(client, path)
  }
  await Promise.all(Array.from({ length: CALLERS }, caller))
  return (CALLS_OF_ALL / (performance.now() - started)) * 1000
}

function bareStdio(version: Version): BenchClient {
  return new StdioBenchClient(version, ['--conditions=source', 'packages/mcp-bridge/scripts/bare-server.ts'])
}

/** The bare server behind HTTP, in a process of its own. */
class BareHttp implements AsyncDisposable {
  readonly #process: ChildProcess
  readonly #port: number

  private constructor(child: ChildProcess, port: number) {
    this.#process = child
    this.#port = port
  }

  static async start(): Promise<BareHttp> {
    const child = spawn(
      process.execPath,
      ['--conditions=source', 'packages/mcp-bridge/scripts/bare-server.ts', '--http'],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    const [line] = (await once(child.stdout, 'data')) as [Buffer]
    return new BareHttp(child, Number(line.toString()))
  }

  http(version: Version): BenchClient {
    return new HttpBenchClient(version, this.#port)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await end(this.#process)
  }
}

/** agentd and the gateway as `npm start` runs them; the engine is not asked anything here. */
class Castellan implements AsyncDisposable {
  readonly file: string
  readonly agentSocket: string
  readonly #folder: string
  readonly #token: string
  readonly #port: number
  readonly #processes: readonly ChildProcess[]

  private constructor(folder: string, token: string, port: number, processes: readonly ChildProcess[]) {
    this.#folder = folder
    this.#token = token
    this.#port = port
    this.#processes = processes
    this.file = join(folder, 'workspace', 'file.txt')
    this.agentSocket = join(folder, 'agent.sock')
  }

  static async start(folder: string): Promise<Castellan> {
    const token = `cst_${randomBytes(32).toString('base64url')}`
    const port = 20_000 + (process.pid % 10_000)
    const at = (name: string): string => join(folder, name)
    mkdirSync(at('workspace'), { mode: 0o700 })
    writeFileSync(at('workspace/file.txt'), 'what file_stat looks at\n')
    writeFileSync(at('token'), `${token}\n`, { mode: 0o600 })
    const instance = {
      url: `http://127.0.0.1:${port}`,
      tokenFile: at('token'),
      agentSocket: at('agent.sock'),
      operatorSocket: at('operator.sock'),
      pid: process.pid,
    }
    writeFileSync(at('run.json'), JSON.stringify(instance), { mode: 0o600 })
    const env = {
      PATH: process.env.PATH,
      CASTELLAN_STATE_DIR: folder,
      CASTELLAN_TOKEN_FILE: at('token'),
      CASTELLAN_AGENT_SOCKET: at('agent.sock'),
      CASTELLAN_LOG_LEVEL: 'error',
    }
    const start = (name: string, more: NodeJS.ProcessEnv): ChildProcess =>
      spawn(process.execPath, ['--conditions=source', `packages/${name}/src/main.ts`], {
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { ...env, ...more },
      })
    const processes = [
      start('agentd', { CASTELLAN_OPERATOR_SOCKET: at('operator.sock') }),
      start('gateway', {
        CASTELLAN_ENGINE_SOCKET: at('engine.sock'),
        CASTELLAN_PORT: String(port),
        CASTELLAN_PAGE_DIR: folder,
      }),
    ]
    const castellan = new Castellan(folder, token, port, processes)
    await castellan.#ready()
    return castellan
  }

  http(version: Version): BenchClient {
    return new HttpBenchClient(version, this.#port, { authorization: `Bearer ${this.#token}` })
  }

  stdio(version: Version): BenchClient {
    const args = ['packages/agentctl/src/main.ts', '--state', this.#folder, 'mcp', 'serve']
    return new StdioBenchClient(version, ['--conditions=source', ...args])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#processes.map(end))
  }

  async #ready(): Promise<void> {
    const until = performance.now() + 30_000
    while (performance.now() < until) {
      const health = await fetch(`http://127.0.0.1:${this.#port}/health`).then(
        (response) => response.json() as Promise<{ agentd?: string }>,
        () => undefined,
      )
      if (health?.agentd === 'ready') return
      await sleep(50)
    }
    throw new Error('agentd and the gateway did not get ready')
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  await gone
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return performance.now() - started
}

function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN
}
