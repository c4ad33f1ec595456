import { type ChildProcess, spawn } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { join } from 'node:path'
import { CastellanError } from '@castellan/contracts'

/** Where the system's own programs are, on NixOS and elsewhere. PATH is not asked: it is not ours to trust. */
export const systemProgramFolders: readonly string[] = [
  '/run/current-system/sw/bin',
  '/usr/bin',
  '/bin',
  '/usr/sbin',
  '/sbin',
]

export interface CommandResult {
  readonly stdout: string
  readonly stderr: string
  readonly exitCode: number
}

export interface CommandOptions {
  readonly signal: AbortSignal
  /** More output than this fails the command: a port asks for no more than it can use. */
  readonly maxOutputBytes: number
}

/** The absolute path of a system program. Throws `unsupported_host` where it is not installed. */
export async function findProgram(name: string, folders: readonly string[] = systemProgramFolders): Promise<string> {
  for (const folder of folders) {
    const path = join(folder, name)
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return path
  }
  throw new CastellanError('unsupported_host', `This host has no program ${name}; installing it would make this work.`)
}

/**
 * Runs a program by its absolute path: no shell, plain English output without colours or pager, nothing on standard
 * input, an environment of our own. When the signal aborts, its whole process group is killed. A non-zero exit is the
 * caller's to judge; one that was killed, or talked too much, throws `command_failed`.
 */
export async function runCommand(
  program: string,
  args: readonly string[],
  { signal, maxOutputBytes }: CommandOptions,
): Promise<CommandResult> {
  signal.throwIfAborted()
  const child = spawn(program, args, {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { LC_ALL: 'C.UTF-8', PATH: systemProgramFolders.join(':'), SYSTEMD_PAGER: '', SYSTEMD_COLORS: '0', TZ: 'UTC' },
  })
  const kill = () => killGroup(child)
  signal.addEventListener('abort', kill, { once: true })
  try {
    const stdout = collect(child.stdout, maxOutputBytes, kill)
    const stderr = collect(child.stderr, 64 * 1024, kill)
    const [exitCode, signalName] = await ended(child, program)
    signal.throwIfAborted()
    const [out, err] = [stdout(), stderr()]
    if (out.overflowed || err.overflowed) {
      throw new CastellanError(
        'command_failed',
        `${program} printed more than ${maxOutputBytes} bytes and was stopped. Ask for less at once.`,
        { detail: { overflowed: true } },
      )
    }
    if (exitCode === null) throw new CastellanError('command_failed', `${program} was killed by ${signalName}.`)
    return { stdout: out.text, stderr: err.text, exitCode }
  } finally {
    signal.removeEventListener('abort', kill)
  }
}

/** The error for a program that said no: its own last words, with nothing added. */
export function commandFailed(program: string, { exitCode, stderr }: CommandResult): CastellanError {
  const words = stderr.trim().split('\n').slice(-3).join(' ').slice(0, 500)
  return new CastellanError(
    'command_failed',
    `${program} failed with exit code ${exitCode}: ${words || 'it gave no reason'}${ofAnother(stderr)}`,
  )
}

/** What helps where git, or nix by it, will not look into a repository of another user (git-config(1), safe.directory). */
function ofAnother(stderr: string): string {
  const foreign = /dubious ownership in repository at '([^']+)'|repository path '([^']+)' is not owned by/.exec(stderr)
  if (foreign === null) return ''
  const place = JSON.stringify(foreign[1] ?? foreign[2])
  return ` Another user owns that repository. Give it to the one who runs agentd (chown -R root: ${place} on NixOS), or have git trust it: git config --system --add safe.directory ${place}`
}

function ended(child: ChildProcess, program: string): Promise<[number | null, NodeJS.Signals | null]> {
  return new Promise((resolve, reject) => {
    child.once('close', (code, signalName) => resolve([code, signalName]))
    child.once('error', (error) => {
      reject(
        new CastellanError('command_failed', `${program} could not be started: ${error.message}`, { cause: error }),
      )
    })
  })
}

function collect(stream: NodeJS.ReadableStream, maxBytes: number, overflow: () => void) {
  const chunks: Buffer[] = []
  let size = 0
  stream.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > maxBytes) overflow()
    else chunks.push(chunk)
  })
  return () => ({ text: Buffer.concat(chunks).toString(), overflowed: size > maxBytes })
}

/** `detached` made the child the leader of its own group, so its children go with it. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // It ended by itself in the meantime.
  }
}
