import { type ChildProcess, spawn } from 'node:child_process'
import { access, constants, readFile, stat, utimes } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import type { CanaryStatus } from '../host/integrity.ts'

/** A watch over reads of files. */
export interface Alarm {
  readonly means: CanaryStatus['means']
  readonly reason: string
  stop(): void
}

/** A command and its first arguments. */
type Program = readonly [string, ...string[]]
type OnRead = (path: string, by?: string) => void

/** How long a program that watches has to begin, in milliseconds. */
const START_MS = 5000

/**
 * Watches reads by the best means that this host has: inotify by `inotifywait` (Debian's inotify-tools; of exactly these files), or the
 * time of the last access. With `namesReaders` fanotify by `fatrace` comes first: it knows who reads, needs CAP_SYS_ADMIN, and hears of
 * every file of the file system, which costs. Node itself can be told of changes alone.
 */
export async function watchReads(paths: readonly string[], onRead: OnRead, namesReaders = false): Promise<Alarm> {
  if (paths.length === 0) return { means: 'none', reason: 'No canary is configured.', stop: () => undefined }
  const reasons: string[] = []
  const keeper = await findProgram('setpriv')
  if (keeper === undefined) reasons.push('setpriv, which ends a watch with agentd, is not installed')
  for (const [means, program, begin] of [
    ...(namesReaders ? [['fanotify', 'fatrace', fatrace] as const] : []),
    ['inotify', 'inotifywait', inotifywait] as const,
  ]) {
    const found = keeper === undefined ? undefined : await findProgram(program)
    if (keeper === undefined || found === undefined) {
      if (keeper !== undefined) reasons.push(`${program} is not installed`)
      continue
    }
    const child = await begin([keeper, '--pdeathsig', 'KILL', '--', found], paths, onRead)
    if (child !== undefined) return { means, reason: reasons.join('; '), stop: () => child.kill('SIGKILL') }
    reasons.push(`${program} cannot watch here`)
  }
  const noted = await notesReads(paths[0] as string)
  if (noted) return { means: 'atime', reason: reasons.join('; '), stop: () => undefined }
  reasons.push('the file system does not note when a file was read')
  return { means: 'none', reason: reasons.join('; '), stop: () => undefined }
}

/** Lines such as `cat(4711): R   /path`, or `RO`; only of the file system that the first path lies on. */
async function fatrace(
  [first, ...rest]: Program,
  paths: readonly string[],
  onRead: OnRead,
): Promise<ChildProcess | undefined> {
  const watched = new Set(paths)
  const cwd = dirname(paths[0] as string)
  const child = spawn(first, [...rest, '--current-mount', '--filter=RO'], { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  return begun(child, 'quiet', (line) => {
    const [, name, pid, path = ''] = /^(.{1,64})\((\d+)\)(?: \[[^\]]*\])?: [A-Z<>+]+\s+(\/.*)$/.exec(line) ?? []
    if (watched.has(path) && Number(pid) !== process.pid) onRead(path, `${name} (process ${pid})`)
  })
}

async function inotifywait(
  [first, ...rest]: Program,
  paths: readonly string[],
  onRead: OnRead,
): Promise<ChildProcess | undefined> {
  const watched = new Set(paths)
  const child = spawn(
    first,
    [...rest, '--monitor', '--event', 'access', '--event', 'open', '--format', '%w', '--', ...paths],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  return begun(child, 'Watches established', (line) => {
    if (watched.has(line)) onRead(line)
  })
}

/** Waits until the program says that it watches, or, for one that says nothing, is still there a moment later. */
function begun(child: ChildProcess, ready: string, onLine: (line: string) => void): Promise<ChildProcess | undefined> {
  const { promise, resolve } = Promise.withResolvers<ChildProcess | undefined>()
  const timer = setTimeout(
    () => (ready === 'quiet' ? resolve(child) : fail()),
    ready === 'quiet' ? START_MS / 10 : START_MS,
  )
  const fail = (): void => {
    clearTimeout(timer)
    child.kill('SIGKILL')
    resolve(undefined)
  }
  child.once('error', fail)
  child.once('exit', fail)
  child.unref()
  if (child.stdout !== null) createInterface({ input: child.stdout }).on('line', onLine)
  if (child.stderr !== null) {
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (ready !== 'quiet' && line.includes(ready)) {
        clearTimeout(timer)
        resolve(child)
      }
    })
  }
  return promise
}

/** Whether reading a file that was not read for days moves the time of its last access. */
async function notesReads(path: string): Promise<boolean> {
  const before = await stat(path)
  await readFile(path)
  const after = await stat(path)
  await utimes(path, before.atime, before.mtime)
  return after.atimeMs !== before.atimeMs
}

async function findProgram(name: string): Promise<string | undefined> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, name)
    if (
      folder !== '' &&
      (await access(path, constants.X_OK).then(
        () => true,
        () => false,
      ))
    )
      return path
  }
  return undefined
}
