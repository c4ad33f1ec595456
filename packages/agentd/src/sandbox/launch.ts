import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import { CastellanError } from '@castellan/contracts'
import { ender } from './ending.ts'
import type { Limits } from './limits.ts'
import { type Captured, capture } from './output.ts'
import type { CommandReport } from './sandbox.ts'

/** bubblewrap's status messages are two short lines. */
const MOST_STATUS_BYTES = 4096

export interface Launch {
  /** bubblewrap with everything around and in it. */
  readonly argv: readonly string[]
  readonly stdin: string | undefined
  /** What bubblewrap reads from the descriptors 4, 5, 6 and so on; it tells its status on 3. */
  readonly inputs: readonly Buffer[]
  readonly limits: Limits
  /** Descriptors of agentd's own that a child would inherit; it gets /dev/null in their place. */
  readonly covered: readonly number[]
  readonly signal: AbortSignal
}

/**
 * Starts bubblewrap and waits until the last process behind it is gone. With the first process of its PID namespace the
 * kernel kills every other one in it, whatever session it moved to.
 * Throws `sandbox_unavailable` where the walls could not be built: then the command did not run.
 */
export async function launch({ argv, stdin, inputs, limits, covered, signal }: Launch): Promise<CommandReport> {
  signal.throwIfAborted()
  const startedAt = performance.now()
  const opening = stdin === undefined ? 'ignore' : 'pipe'
  const pipes = [opening, 'pipe', 'pipe', 'pipe', ...inputs.map(() => 'pipe' as const)] as const
  const child = withNull((nothing) =>
    spawn(argv[0] as string, argv.slice(1), { stdio: covering(pipes, covered, nothing), env: {} }),
  )
  const end = ender(child)
  let stopped: 'deadline' | 'output_limit' | undefined
  const stop = (why: typeof stopped) => {
    stopped ??= why
    end()
  }
  const timer = setTimeout(() => stop('deadline'), limits.timeoutMs)
  const onAbort = () => stop(undefined)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    let total = 0
    const onBytes = (count: number) => {
      total += count
      if (total > limits.outputBytes) stop('output_limit')
    }
    const stdout = capture(child.stdout as Readable, limits.keptBytes, onBytes)
    const stderr = capture(child.stderr as Readable, limits.keptBytes, onBytes)
    const status = capture(child.stdio[3] as Readable, MOST_STATUS_BYTES, () => {})
    if (child.stdin !== null) feed(child.stdin, stdin ?? '')
    for (const [index, input] of inputs.entries())
      feed((child.stdio as unknown as Writable[])[4 + index] as Writable, input)
    await closed(child)
    signal.throwIfAborted()
    const exitCode = exitCodeIn(status().text)
    if (exitCode === null && stopped === undefined) throw unbuilt(stderr())
    return {
      exitCode: stopped === undefined ? exitCode : null,
      ended: stopped ?? 'exited',
      stdout: stdout(),
      stderr: stderr(),
      durationMs: Math.round(performance.now() - startedAt),
    }
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
  }
}

export function withNull<T>(work: (nothing: number) => T): T {
  const nothing = openSync('/dev/null', 'r+')
  try {
    return work(nothing)
  } finally {
    closeSync(nothing)
  }
}

/** A hole in the list would leave the descriptor as it is, so each inherited one is named. */
export function covering(
  pipes: readonly ('pipe' | 'ignore')[],
  covered: readonly number[],
  nothing: number,
): StdioOptions {
  const stdio: ('pipe' | 'ignore' | number)[] = [...pipes]
  for (const descriptor of covered) {
    while (stdio.length <= descriptor) stdio.push('ignore')
    if (descriptor >= pipes.length) stdio[descriptor] = nothing
  }
  return stdio
}

/** A program may end without reading all of its input. */
export function feed(stream: Writable, content: string | Buffer): void {
  stream.on('error', () => {})
  stream.end(content)
}

function closed(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('close', () => resolve())
    child.once('error', (error) => {
      const message = `The sandbox could not be started: ${error.message}. The command did not run.`
      reject(new CastellanError('sandbox_unavailable', message, { cause: error }))
    })
  })
}

/** bubblewrap tells an exit code only of a command that it started: one JSON document a line. */
function exitCodeIn(status: string): number | null {
  for (const line of status.split('\n').filter((text) => text.includes('exit-code'))) {
    const code = (JSON.parse(line) as { 'exit-code'?: unknown })['exit-code']
    if (typeof code === 'number') return code
  }
  return null
}

function unbuilt(stderr: Captured): CastellanError {
  const words = stderr.text.trim().split('\n').at(-1)?.slice(0, 300) || 'it gave no reason'
  return new CastellanError(
    'sandbox_unavailable',
    `The sandbox could not be built, so the command did not run: ${words}. ` +
      'The host has to allow bubblewrap to make namespaces (docs/sandbox.md).',
  )
}
