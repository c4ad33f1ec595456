import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Instance } from '@castellan/contracts'
import { until } from '@castellan/testing'
import { onTestFinished } from 'vitest'

export const root = join(import.meta.dirname, '..', '..')
const START_WITHIN_MS = 120_000

/** One run of `node scripts/start.mjs`, as npm would start it. */
export interface Run {
  readonly process: ChildProcess
  readonly stdout: () => string
  readonly stderr: () => string
  /** The starter's exit code. */
  readonly exited: Promise<number | null>
}

export interface RunningCastellan extends Run {
  readonly state: string
  readonly instance: Instance
  readonly token: string
}

/** The environment of somebody who has set nothing of ours. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env)
  return Object.fromEntries(inherited.filter(([key]) => !/^(?:CASTELLAN_|NODE_OPTIONS|VITEST|NODE_ENV)/.test(key)))
}

/** Starts Castellan and gives back what it says; it is gone after the test, with its children. */
export function start(args: readonly string[]): Run {
  const child = spawn('node', ['scripts/start.mjs', ...args], {
    cwd: root,
    env: cleanEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const texts = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      texts[name] += chunk
    })
  }
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve))
  onTestFinished(async () => {
    if (child.exitCode === null) child.kill('SIGTERM')
    await exited
  })
  return { process: child, stdout: () => texts.stdout, stderr: () => texts.stderr, exited }
}

/** Starts Castellan for a program and waits for its line. */
export async function startReady(state: string, ...args: string[]): Promise<RunningCastellan> {
  const run = start(['--state', state, '--port', '0', '--json', ...args])
  const line = await until(
    `castellan is ready; it said: ${run.stderr()}`,
    () => {
      if (run.process.exitCode !== null) throw new Error(`it ended instead: ${run.stderr()}`)
      return run.stdout().split('\n').length > 1 && run.stdout()
    },
    START_WITHIN_MS,
  )
  const instance = Instance.parse(JSON.parse(line))
  return { ...run, state, instance, token: readFileSync(instance.tokenFile, 'utf8').trim() }
}

/** The processes started by the supervisor: package name → process id. */
export function childrenOf(pid: number): Map<string, number> {
  const pids = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)
  return new Map(
    pids.flatMap((child) => {
      const name = /packages\/([a-z-]+)\/src\/main/.exec(readFileSync(`/proc/${child}/cmdline`, 'utf8'))?.[1]
      return name === undefined ? [] : [[name, child] as const]
    }),
  )
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
