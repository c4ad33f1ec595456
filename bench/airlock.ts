import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request as httpsRequest } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DestinationChange, LedgerRecorded, ProcessHealth } from '@castellan/contracts'
import { UnixClient } from '@castellan/daemon'
import { Authority } from '../packages/airlock/test/support/certificates.ts'
import { Outbound } from '../packages/gateway/src/outbound/outbound.ts'
import type { Report } from '../scripts/bench/report.ts'

export const title =
  'Airlock: a request through it, on record before it leaves, beside a direct one over kept connections'

const ROUNDS = 12
const CALLS_A_ROUND = 50
const DOWNLOAD_BYTES = 64 * 1024 * 1024
const DOWNLOADS = 5
const CONVERSATIONS = 110
const START_WITHIN_MS = 30_000
const purpose = 'bench.airlock'

/** A TLS server: a kilobyte of JSON, or as many bytes as are asked for. */
const UPSTREAM = `
  import { createServer } from 'node:https'
  const { KEY: key, CERT: cert } = process.env
  const small = Buffer.alloc(1024, 'x')
  const piece = Buffer.alloc(65_536, 'x')
  const server = createServer({ key, cert }, (request, response) => {
    request.resume()
    let left = Number(new URL(request.url, 'http://x').searchParams.get('bytes') ?? 0)
    if (left === 0) return response.end(small)
    const more = () => {
      while (left > 0) {
        left -= piece.length
        if (!response.write(piece)) return response.once('drain', more)
      }
      response.end()
    }
    more()
  })
  server.keepAliveTimeout = 60_000
  server.listen(0, '127.0.0.1', () => process.stdout.write(String(server.address().port)))`

/** What is measured: agentd, the airlock and a server, each a process of its own. */
interface Bench {
  readonly url: string
  readonly ca: string
  readonly outbound: Outbound
  readonly agentd: UnixClient
}

export async function run(report: Report): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'cst-bench-'))
  const processes: ChildProcess[] = []
  try {
    const bench = await start(folder, processes)
    await reportCalls(bench, report)
    await reportConversations(bench, report)
    await reportDownloads(bench, report)
    bench.outbound.close()
    bench.agentd.close()
  } finally {
    for (const child of processes) {
      child.kill('SIGTERM')
      if (child.exitCode === null) await once(child, 'exit')
    }
    rmSync(folder, { recursive: true, force: true })
  }
}

async function start(folder: string, processes: ChildProcess[]): Promise<Bench> {
  const at = (name: string) => join(folder, 'sockets', name)
  for (const name of ['sockets', 'ledger', 'agentd']) mkdirSync(join(folder, name), { mode: 0o700 })
  writeFileSync(join(folder, 'token'), `cst_${'x'.repeat(43)}`, { mode: 0o600 })
  const run = (args: readonly string[], env: Record<string, string>): ChildProcess => {
    const child = spawn(process.execPath, args, {
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    processes.push(child)
    return child
  }
  const authority = new Authority()
  const { key, cert } = authority.issue(['localhost'])
  const upstream = run(['--input-type=module', '-e', UPSTREAM], { KEY: key, CERT: cert })
  const [port] = (await once(upstream.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]

  const common = {
    CASTELLAN_STATE_DIR: folder,
    CASTELLAN_LOG_LEVEL: 'error',
    CASTELLAN_RECORD_SOCKET: at('record.sock'),
  }
  run(['--conditions=source', 'packages/agentd/src/main.ts'], {
    ...common,
    CASTELLAN_AGENT_SOCKET: at('agent.sock'),
    CASTELLAN_OPERATOR_SOCKET: at('operator.sock'),
  })
  run(['--conditions=source', 'packages/airlock/src/main.ts'], {
    ...common,
    CASTELLAN_AIRLOCK_SOCKET: at('airlock.sock'),
    CASTELLAN_AIRLOCK_OPERATOR_SOCKET: at('airlock-operator.sock'),
  })
  const agentd = new UnixClient({ socketPath: at('record.sock'), peer: 'agentd', unavailable: 'agentd_unavailable' })
  const operator = new UnixClient({
    socketPath: at('airlock-operator.sock'),
    peer: 'airlock',
    unavailable: 'airlock_unavailable',
  })
  await answers(agentd)
  await answers(operator)
  const body = { host: 'localhost', port: Number(port), reach: 'loopback', ca: authority.cert, per_minute: 100_000 }
  await operator.request('POST', '/v1/destinations', { body, schema: DestinationChange })
  operator.close()
  const outbound = new Outbound(at('airlock.sock'))
  return { url: `https://localhost:${port}/`, ca: authority.cert, outbound, agentd }
}

async function answers(client: UnixClient): Promise<void> {
  const deadline = performance.now() + START_WITHIN_MS
  for (;;) {
    const health = await client.request('GET', '/v1/health', { schema: ProcessHealth }).catch((error: Error) => error)
    if (!(health instanceof Error) && health.state === 'ready') return
    if (performance.now() > deadline) throw health instanceof Error ? health : new Error(`${health.name} is not ready`)
    await sleep(20)
  }
}

/** The three take turns, so that whatever else the machine does meets them alike. */
async function reportCalls({ url, ca, outbound, agentd }: Bench, report: Report): Promise<void> {
  const agent = new Agent({ keepAlive: true, ca })
  const body = JSON.stringify({ messages: [{ role: 'user', content: 'x'.repeat(800) }] })
  const record = { type: 'egress_opened' }
  const [through, direct, recording]: [number[], number[], number[]] = [[], [], []]
  for (let round = 0; round <= ROUNDS; round++) {
    for (let i = 0; i < CALLS_A_ROUND; i++) {
      const times = [
        await timed(async () => (await outbound.fetch(url, { method: 'POST', body, purpose })).arrayBuffer()),
        await timed(() => post(url, agent, body)),
        await timed(() => agentd.request('POST', '/v1/records', { body: record, schema: LedgerRecorded })),
      ] as const
      if (round > 0) for (const [at, list] of [through, direct, recording].entries()) list.push(times[at] as number)
    }
  }
  agent.destroy()
  const [all, bare, durable] = [through, direct, recording].map((times) => quantile(times, 0.5)) as [
    number,
    number,
    number,
  ]
  report({ name: 'POST through the airlock, p50', value: all, unit: 'ms', baseline: bare, ratio: all / bare })
  report({
    name: 'POST through the airlock, p99',
    value: quantile(through, 0.99),
    unit: 'ms',
    baseline: quantile(direct, 0.99),
  })
  report({ name: 'overhead, p50', value: all - bare, unit: 'ms', goal: 'under 2 ms' })
  report({ name: 'of which one durable record, p50', value: durable, unit: 'ms' })
}

/** What a model elsewhere is sent in the middle of a long conversation; all of it is looked into before it leaves. */
async function reportConversations({ url, ca, outbound }: Bench, report: Report): Promise<void> {
  const agent = new Agent({ keepAlive: true, ca })
  const content =
    'The castellan keeps the keys, runs the place, and answers for every act: "nothing leaves unseen".\n'.repeat(10)
  const messages = Array.from({ length: 100 }, () => ({ role: 'user', content }))
  const body = JSON.stringify({ messages })
  const [through, direct]: [number[], number[]] = [[], []]
  for (let call = 0; call < CONVERSATIONS; call++) {
    through.push(await timed(async () => (await outbound.fetch(url, { method: 'POST', body, purpose })).arrayBuffer()))
    direct.push(await timed(() => post(url, agent, body)))
  }
  agent.destroy()
  const [value, baseline] = [quantile(through.slice(10), 0.5), quantile(direct.slice(10), 0.5)]
  report({ name: 'POST of a conversation of 100 KB, p50', value, unit: 'ms', baseline, ratio: value / baseline })
}

async function reportDownloads({ url, ca, outbound }: Bench, report: Report): Promise<void> {
  const agent = new Agent({ keepAlive: true, ca })
  const [through, direct]: [number[], number[]] = [[], []]
  const target = `${url}?bytes=${DOWNLOAD_BYTES}`
  for (let round = 0; round < DOWNLOADS; round++) {
    const limits = { response_bytes: DOWNLOAD_BYTES * 2 }
    through.push(
      await timed(async () => {
        const { body } = await outbound.fetch(target, { purpose, limits })
        for await (const _piece of body as ReadableStream<Uint8Array>);
      }),
    )
    direct.push(await timed(() => post(target, agent, '')))
  }
  agent.destroy()
  const rate = (times: readonly number[]): number => DOWNLOAD_BYTES / 1e6 / (quantile(times, 0.5) / 1000)
  const [value, baseline] = [rate(through), rate(direct)]
  report({ name: 'download of 64 MiB', value, unit: 'MB/s', baseline, ratio: value / baseline })
}

function post(url: string, agent: Agent, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest(url, { method: 'POST', agent }, (response) => {
      response.on('end', resolve).on('error', reject).resume()
    })
    request.on('error', reject)
    request.end(body)
  })
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}

function quantile(times: readonly number[], share: number): number {
  const sorted = times.toSorted((left, right) => left - right)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] as number
}
