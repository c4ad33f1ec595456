import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Instance, ProcessHealth } from '@castellan/contracts'
import { UnixClient } from '@castellan/daemon'
import type { Report } from '../scripts/bench/report.ts'

export const title = 'Start: from `npm start` to the printed address, and memory at rest'

const STARTS = 5
const SETTLE_MS = 5000

/** Starts the whole product as a person would, several times over the same state, and reads memory while it rests. */
export async function run(report: Report): Promise<void> {
  const state = mkdtempSync(join(tmpdir(), 'castellan-bench-'))
  try {
    const port = await freePort()
    const first = await start(state, port)
    await first.stop()
    const times: number[] = []
    for (let round = 0; round < STARTS; round += 1) {
      const started = await start(state, port)
      times.push(started.milliseconds)
      if (round === STARTS - 1) await reportMemory(report, started.instance, SETTLE_MS)
      await started.stop()
    }
    const bare = await bareNpm()
    report({ name: 'first start on fresh state', value: first.milliseconds, unit: 'ms' })
    report({
      name: 'second start to the printed address, median',
      value: median(times),
      unit: 'ms',
      baseline: bare,
      ratio: median(times) / bare,
      goal: 'under 2000 ms (baseline: npm running `node -e 0`)',
    })
  } finally {
    rmSync(state, { recursive: true, force: true })
  }
}

async function start(state: string, port: number) {
  const begun = performance.now()
  const child = spawn('npm', ['start', '--silent', '--', '--state', state, '--port', String(port), '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  for await (const line of createInterface({ input: child.stdout })) {
    const milliseconds = performance.now() - begun
    const instance = Instance.parse(JSON.parse(line))
    return {
      milliseconds,
      instance,
      stop: async () => {
        process.kill(instance.pid, 'SIGTERM')
        await exited
      },
    }
  }
  throw new Error('npm start ended without printing its address')
}

async function reportMemory(report: Report, instance: Instance, settleMs: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, settleMs))
  const client = new UnixClient({
    socketPath: instance.operatorSocket,
    unavailable: 'agentd_unavailable',
    peer: 'agentd',
  })
  const agentd = await client.request('GET', '/v1/health', { schema: ProcessHealth })
  client.close()
  for (const { pid, name } of childrenOf(instance.pid)) {
    const goal = name === 'agentd' || name === 'gateway' ? 'under 120 MB' : undefined
    const row = {
      name: `resident memory at rest, ${pid === agentd.pid ? 'agentd' : name}`,
      value: residentMegabytes(pid),
      unit: 'MB',
    }
    report(goal === undefined ? row : { ...row, goal })
  }
}

/** The supervisor's descendants that run one of our packages, by package name. */
function childrenOf(pid: number): { pid: number; name: string }[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
  const pids = text === '' ? [] : text.split(' ').map(Number)
  return pids.flatMap((child) => {
    const command = readFileSync(`/proc/${child}/cmdline`, 'utf8')
    const name = /packages\/([a-z-]+)\/src/.exec(command)?.[1]
    return [...(name === undefined ? [] : [{ pid: child, name }]), ...childrenOf(child)]
  })
}

function residentMegabytes(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(line?.[1] ?? Number.NaN) / 1000
}

function bareNpm(): Promise<number> {
  const begun = performance.now()
  const child = spawn('npm', ['exec', '--offline', '-c', 'node -e 0'], { stdio: 'ignore' })
  return new Promise((resolve) => child.once('exit', () => resolve(performance.now() - begun)))
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
