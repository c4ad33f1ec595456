import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { type FileHandle, open, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { CallAnswer, newId, ProcessHealth } from '@castellan/contracts'
import { UnixClient } from '@castellan/daemon'
import type { Report } from '../scripts/bench/report.ts'

export const title = 'agentd: a read tool through agent.sock beside the bare read; 64 callers; start and memory'

const ROUNDS = 10
const CALLS_A_ROUND = 100
const CALLERS = 64
const CALLS_OF_ALL = 6400
/** Below what a session may call of one tool in a minute. */
const CALLS_A_SESSION = 200
const STARTS = 5
const SETTLE_MS = 3000
/** About what a call's two entries have in bytes, in the journal. */
const RECORD = Buffer.alloc(1024, 'x')

/** What the tool reads. */
const SOURCE = '/proc/meminfo'
const TOOL = 'memory_usage'

export async function run(report: Report): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'cst-bench-'))
  try {
    const agentd = new Agentd(folder)
    await reportStarts(agentd, report)
    await agentd.start()
    await reportLatency(agentd, await open(join(folder, 'bare'), 'a'), report)
    await reportThroughput(agentd, report)
    await agentd.stop()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function reportStarts(agentd: Agentd, report: Report): Promise<void> {
  const times: number[] = []
  // The first start fills the compile cache, as installing does.
  for (let start = 0; start <= STARTS; start++) {
    const ms = await agentd.start()
    if (start > 0) times.push(ms)
    if (start < STARTS) await agentd.stop()
  }
  await sleep(SETTLE_MS)
  report({ name: 'start to first answer, median', value: quantile(times, 0.5), unit: 'ms', goal: 'under 400 ms' })
  report({ name: 'resident memory when idle', value: agentd.residentMB(), unit: 'MB', goal: 'under 120 MB' })
  await agentd.stop()
}

/** The call, the bare read, and the bare read with two bare durable writes take turns. */
async function reportLatency(agentd: Agentd, bare: FileHandle, report: Report): Promise<void> {
  const call: number[] = []
  const read: number[] = []
  const durable: number[] = []
  for (let round = 0; round <= ROUNDS; round++) {
    for (let i = 0; i < CALLS_A_ROUND; i++) {
      const times = [
        await timed(() => agentd.call()),
        await timed(() => readFile(SOURCE, 'utf8')),
        await timed(async () => {
          await appendDurably(bare)
          await readFile(SOURCE, 'utf8')
          await appendDurably(bare)
        }),
      ]
      // The first round warms all up.
      if (round > 0) for (const [j, list] of [call, read, durable].entries()) list.push(times[j] as number)
    }
  }
  await bare.close()
  for (const [name, q] of [
    ['p50', 0.5],
    ['p99', 0.99],
  ] as const) {
    const value = quantile(call, q)
    const beside = [
      ['a bare read of its source', quantile(read, q)],
      ['that read between two bare fdatasyncs', quantile(durable, q)],
    ] as const
    for (const [what, baseline] of beside) {
      report({ name: `${TOOL}, ${name}, beside ${what}`, value, unit: 'ms', baseline, ratio: value / baseline })
    }
  }
}

async function reportThroughput(agentd: Agentd, report: Report): Promise<void> {
  const alone = await callsPerSecond(agentd, 1, CALLS_OF_ALL / 16)
  const together = await callsPerSecond(agentd, CALLERS, CALLS_OF_ALL)
  const name = `${TOOL}, calls with ${CALLERS} callers, beside one caller`
  report({ name, value: together, unit: 'calls/s', baseline: alone, ratio: together / alone })
}

async function callsPerSecond(agentd: Agentd, callers: number, calls: number): Promise<number> {
  const started = performance.now()
  await Promise.all(
    Array.from({ length: callers }, async () => {
      for (let i = 0; i < calls / callers; i++) await agentd.call()
    }),
  )
  return (calls / (performance.now() - started)) * 1000
}

/** agentd as `npm start` runs it, alone, with a client. */
class Agentd {
  readonly #folder: string
  readonly #client: UnixClient
  #process: ChildProcess | undefined
  #calls = 0
  #session = newId('ses')

  constructor(folder: string) {
    this.#folder = folder
    const socketPath = join(folder, 'sockets/agent.sock')
    this.#client = new UnixClient({ socketPath, peer: 'agentd', unavailable: 'agentd_unavailable' })
  }

  /** Milliseconds until it answers. */
  async start(): Promise<number> {
    const started = performance.now()
    const args = ['--max-semi-space-size=2', '--conditions=source', 'packages/agentd/src/main.ts']
    this.#process = spawn(process.execPath, args, {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        PATH: process.env.PATH,
        NODE_COMPILE_CACHE: join(this.#folder, 'cache'),
        CASTELLAN_STATE_DIR: this.#folder,
        CASTELLAN_AGENT_SOCKET: join(this.#folder, 'sockets/agent.sock'),
        CASTELLAN_OPERATOR_SOCKET: join(this.#folder, 'sockets/operator.sock'),
        CASTELLAN_LOG_LEVEL: 'error',
      },
    })
    while (!(await this.#answers())) {
      if (performance.now() - started > 20_000) throw new Error('agentd does not answer')
      await sleep(2)
    }
    return performance.now() - started
  }

  async stop(): Promise<void> {
    const gone = this.#process?.exitCode === null ? once(this.#process, 'exit') : undefined
    this.#process?.kill('SIGTERM')
    await gone
  }

  async call(): Promise<void> {
    if (this.#calls++ % CALLS_A_SESSION === 0) this.#session = newId('ses')
    const body = { call_id: newId('call'), session: this.#session, agent: 'bench', tool: TOOL, args: {} }
    const answer = await this.#client.request('POST', '/v1/calls', { body, schema: CallAnswer })
    if (answer.status !== 'done' || !answer.ok) throw new Error(`the call failed: ${JSON.stringify(answer)}`)
  }

  residentMB(): number {
    const [, kB] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.#process?.pid}/status`, 'utf8')) ?? []
    return Number(kB) / 1024
  }

  #answers(): Promise<boolean> {
    return this.#client.request('GET', '/v1/health', { schema: ProcessHealth }).then(
      () => true,
      () => false,
    )
  }
}

async function appendDurably(file: FileHandle): Promise<void> {
  await file.write(RECORD)
  await file.datasync()
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
