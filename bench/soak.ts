import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Castellan, createClient } from '@castellan/client-sdk'
import type { EngineEvent, EngineHealth } from '@castellan/contracts'
import { EngineRequest } from '@castellan/contracts'
import { createLogger, ndjson, SocketServer } from '@castellan/daemon'
import type { Report } from '../scripts/bench/report.ts'
import { type Faults, keepUp, lag, type Tally, useRest, WORDS } from './tools/soak-clients.ts'

export const title = 'Gateway: 64 clients of chat and REST, some slow, some that leave, with reloads'

/** Ten minutes with CASTELLAN_SOAK_SECONDS=600; a minute otherwise. */
const SECONDS = Number(process.env.CASTELLAN_SOAK_SECONDS ?? 60)
const CLIENTS = 64
/** A credential has at most three sockets. */
const SOCKETS_A_TOKEN = 3
const RELOAD_MS = 10_000
const SAMPLE_MS = 2_000
/** Between two looks at what is referred to after a full collection. */
const COLLECT_MS = 5_000
/** The first part of the run fills caches and the heap; memory is judged after it. */
const WARM_UP = 1 / 3

export async function run(report: Report): Promise<void> {
  const state = mkdtempSync(join(tmpdir(), 'castellan-soak-'))
  const engine = await talkingEngine(join(state, 'engine.sock'))
  const system = await start(state)
  const memory: Sample[] = []
  const live: Sample[] = []
  const faults: Faults = { lost: 0, doubled: 0, dishonest: 0, refused: new Map() }
  const tally: Tally = { frames: 0, turns: 0, requests: 0, cuts: 0, pauses: 0, dropped: 0 }
  try {
    const owner = createClient({ url: system.url, token: system.token })
    const tokens = await programTokens(owner)
    const over = AbortSignal.timeout(SECONDS * 1000)
    const began = performance.now()
    const minutes = () => (performance.now() - began) / 60_000
    const sample = setInterval(() => memory.push({ at: minutes(), mb: residentMB(system.gateway) }), SAMPLE_MS)
    const collect = setInterval(() => system.gateway.kill('SIGUSR2'), COLLECT_MS)
    createInterface({ input: system.gateway.stdout as Readable }).on('line', (line) => {
      const { heapUsed, external } = JSON.parse(line) as { heapUsed: number; external: number }
      live.push({ at: minutes(), mb: (heapUsed + external) / 1024 / 1024 })
    })
    const reload = setInterval(() => system.gateway.kill('SIGHUP'), RELOAD_MS)
    await Promise.all(
      Array.from({ length: CLIENTS }, (_, place) => {
        const token = tokens[Math.floor(place / SOCKETS_A_TOKEN)] as string
        const client = { url: system.url, token, chat: `c${place}`, over, faults, tally }
        // Of eight clients, four keep up (one of which is cut again and again), one reads slowly, three use REST.
        const kind = place % 8
        if (kind < 4) return keepUp(client, kind === 3)
        return kind === 4 ? lag(client) : useRest(client)
      }),
    )
    clearInterval(sample)
    clearInterval(collect)
    clearInterval(reload)
  } finally {
    await system.stop()
    await engine.close({ graceMs: 0 })
    rmSync(state, { recursive: true, force: true })
  }
  const isJudged = ({ at }: Sample) => at > (SECONDS / 60) * WARM_UP
  const [judged, judgedLive] = [memory.filter(isJudged), live.filter(isJudged)]
  // A leak is what stays after a collection; what V8 keeps of the machine's memory for later goes up and down with the load.
  const leak = 'slope of what is referred to after a full collection, after the first third'
  report({ name: leak, value: slope(judgedLive), unit: 'MB/min', goal: 'about 0' })
  report({
    name: 'referred to after a full collection, at the end',
    value: judgedLive.at(-1)?.mb ?? Number.NaN,
    unit: 'MB',
  })
  report({ name: 'resident memory slope after the first third', value: slope(judged), unit: 'MB/min' })
  report({ name: 'resident memory at the end', value: judged.at(-1)?.mb ?? Number.NaN, unit: 'MB' })
  for (const [name, value] of Object.entries(tally)) report({ name, value, unit: '' })
  report({ name: 'frames lost by clients that keep up', value: faults.lost, unit: '', goal: '0' })
  report({ name: 'frames heard twice', value: faults.doubled, unit: '', goal: '0' })
  report({ name: 'gaps of slow clients that no marker told of', value: faults.dishonest, unit: '', goal: '0' })
  for (const [code, value] of faults.refused) report({ name: `refusals: ${code}`, value, unit: '' })
}

/** A model that says numbered words, quickly. */
async function talkingEngine(path: string): Promise<SocketServer> {
  const server = new SocketServer({
    name: 'engine',
    log: createLogger({ name: 'engine', level: 'error', file: '/dev/null' }),
  })
  const model = { name: 'soak', kind: 'chat' as const, digest: '00', contextTokens: 8192, parameters: 1 }
  server.route('GET', '/v1/health', {}, (): EngineHealth => {
    return { state: 'ready', model, busy: 0, slots: 64, network: 'none' }
  })
  server.route('POST', '/v1/complete', { body: EngineRequest }, () => {
    async function* words(): AsyncGenerator<EngineEvent> {
      for (const [place, text] of WORDS.entries()) {
        yield { type: 'text', text }
        if (place % 8 === 7) await sleep(20)
      }
      yield { type: 'done', reason: 'stop', usage: { promptTokens: 1, outputTokens: WORDS.length, durationMs: 1 } }
    }
    return ndjson(words())
  })
  await server.listen({ path, mode: 0o600, folderMode: 0o700 })
  return server
}

/** At so many minutes of the run. */
interface Sample {
  readonly at: number
  readonly mb: number
}

interface System {
  readonly url: string
  readonly token: string
  readonly gateway: ChildProcess
  stop(): Promise<void>
}

/** agentd and the gateway, as `npm start` runs them. */
async function start(state: string): Promise<System> {
  const token = `cst_${randomBytes(32).toString('base64url')}`
  writeFileSync(join(state, 'token'), token, { mode: 0o600 })
  const port = await freePort()
  const common = {
    PATH: process.env.PATH,
    CASTELLAN_STATE_DIR: state,
    CASTELLAN_TOKEN_FILE: join(state, 'token'),
    CASTELLAN_AGENT_SOCKET: join(state, 'agent.sock'),
    CASTELLAN_LOG_LEVEL: 'error',
  }
  const spawned = (name: string, own: NodeJS.ProcessEnv, flags: readonly string[] = []) =>
    spawn(process.execPath, [...flags, '--conditions=source', `packages/${name}/src/main.ts`], {
      stdio: ['ignore', flags.length === 0 ? 'ignore' : 'pipe', 'inherit'],
      env: { ...common, ...own },
    })
  const agentd = spawned('agentd', { CASTELLAN_OPERATOR_SOCKET: join(state, 'operator.sock') })
  const gateway = spawned(
    'gateway',
    { CASTELLAN_PORT: String(port), CASTELLAN_ENGINE_SOCKET: join(state, 'engine.sock') },
    ['--expose-gc', '--import=./bench/tools/heap-probe.mjs'],
  )
  const url = `http://127.0.0.1:${port}`
  const deadline = Date.now() + 120_000
  for (;;) {
    const health = await fetch(`${url}/health`).then(
      (answer) => answer.json() as Promise<{ status: string }>,
      () => undefined,
    )
    if (health?.status === 'ok') break
    if (Date.now() > deadline) throw new Error('the gateway does not become ready')
    await sleep(50)
  }
  return {
    ...{ url, token, gateway },
    async stop() {
      for (const child of [gateway, agentd]) {
        if (child.exitCode !== null) continue
        const gone = once(child, 'exit')
        child.kill('SIGTERM')
        await gone
      }
    },
  }
}

async function programTokens(owner: Castellan): Promise<string[]> {
  const count = Math.ceil(CLIENTS / SOCKETS_A_TOKEN)
  const names = Array.from({ length: count }, (_, place) => `soak ${place}`)
  return Promise.all(
    names.map(async (name) => (await owner.createToken({ body: { name, scopes: ['operate'] } })).token),
  )
}

/** Least squares over the samples, in MB a minute. */
function slope(samples: readonly Sample[]): number {
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const [at, mb] = [mean(samples.map((one) => one.at)), mean(samples.map((one) => one.mb))]
  const over = samples.reduce((sum, one) => sum + (one.at - at) * (one.mb - mb), 0)
  return over / samples.reduce((sum, one) => sum + (one.at - at) ** 2, 0)
}

function residentMB(child: ChildProcess): number {
  const [, kB] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? []
  return Number(kB) / 1024
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
