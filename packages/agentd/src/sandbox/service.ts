import { type ChildProcess, spawn } from 'node:child_process'
import type { Writable } from 'node:stream'
import type { Mount } from './bubblewrap.ts'
import { ender } from './ending.ts'
import { covering, feed, withNull } from './launch.ts'
import type { Limits } from './limits.ts'

/** A program that goes on until it is stopped. It speaks on its standard streams. */
export interface ServiceJob {
  /** Whose user it runs as, where agentd is root. */
  readonly agent: string
  readonly argv: readonly string[]
  /** May hold secrets. */
  readonly env: Readonly<Record<string, string>>
  readonly mounts: readonly Mount[]
  /** Whether it may use Unix sockets: there are none but those that are mounted. */
  readonly unixSockets: boolean
  /** What it may use; as much as a command, for as long as it goes on, without it. */
  readonly limits?: Limits
}

/** What bubblewrap reads as further arguments (`--args`, NUL-terminated): arguments on a command line everybody sees. */
export function environmentArguments(env: Readonly<Record<string, string>>): Buffer {
  const args = Object.entries(env).flatMap(([name, value]) => ['--setenv', name, value])
  return Buffer.from(args.map((argument) => `${argument.replaceAll('\0', '')}\0`).join(''))
}

/**
 * Starts bubblewrap with pipes for standard input, output and error. Killing it by `SIGKILL` kills everything behind it; it dies
 * with agentd as well.
 */
export function startService({
  argv,
  inputs,
  covered,
}: {
  readonly argv: readonly string[]
  readonly inputs: readonly Buffer[]
  readonly covered: readonly number[]
}): ChildProcess {
  const pipes = ['pipe', 'pipe', 'pipe', 'pipe', ...inputs.map(() => 'pipe' as const)] as const
  const child = withNull((nothing) =>
    spawn(argv[0] as string, argv.slice(1), { stdio: covering(pipes, covered, nothing), env: {} }),
  )
  const streams = child.stdio as unknown as (Writable | null)[]
  for (const [index, input] of inputs.entries()) {
    const stream = streams[4 + index]
    if (stream !== null && stream !== undefined) feed(stream, input)
  }
  const end = ender(child)
  const kill = child.kill.bind(child)
  return Object.assign(child, {
    kill: (signal?: NodeJS.Signals | number) => (signal === 'SIGKILL' ? end() : kill(signal)),
  })
}
