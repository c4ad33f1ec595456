import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { lstat, open, readdir, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { CastellanError } from '@castellan/contracts'

/** Files that a baseline may have. */
const MOST_FILES = 100_000
/** Files read at once. */
const AT_ONCE = 4
const BUFFER_BYTES = 256 * 1024

/** What identifies one thing: its kind, its owner, its rights, its content. A link is its target. */
export type Fingerprint = string

export interface Snapshot {
  /** By absolute path. */
  readonly prints: ReadonlyMap<string, Fingerprint>
  readonly unreadable: readonly string[]
}

export interface SnapshotOptions {
  /** Whether what lies below a folder is looked at too. */
  readonly deep?: boolean
  readonly bytesPerSecond?: number
}

/** Keeps reading below so many bytes a second, over all files together. */
class Pace {
  readonly #bytesPerSecond: number
  readonly #startedAt = performance.now()
  #bytes = 0

  constructor(bytesPerSecond: number) {
    this.#bytesPerSecond = bytesPerSecond
  }

  async spend(bytes: number, signal: AbortSignal): Promise<void> {
    this.#bytes += bytes
    if (this.#bytesPerSecond === Number.POSITIVE_INFINITY) return
    const ahead = (this.#bytes / this.#bytesPerSecond) * 1000 - (performance.now() - this.#startedAt)
    if (ahead > 20) await sleep(ahead, undefined, { signal })
  }
}

/**
 * Fingerprints of everything at and below these paths. Links are not followed: what they lead to counts only where it is
 * watched itself. A path that is not there has no fingerprint. Throws `too_large`.
 */
export async function takeSnapshot(
  paths: readonly string[],
  signal: AbortSignal,
  { deep = true, bytesPerSecond = Number.POSITIVE_INFINITY }: SnapshotOptions = {},
): Promise<Snapshot> {
  const files: string[] = []
  for (const path of paths) {
    if (deep) await collect(path, files, signal)
    else if ((await lstat(path).catch(() => null)) !== null) files.push(path)
  }
  const pace = new Pace(bytesPerSecond)
  const prints = new Map<string, Fingerprint>()
  const unreadable: string[] = []
  const queue = [...new Set(files)].sort()
  let next = 0
  const work = async () => {
    const buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES)
    for (;;) {
      const path = queue[next++]
      if (path === undefined) return
      signal.throwIfAborted()
      try {
        prints.set(path, await fingerprint(path, buffer, signal, pace))
      } catch (error) {
        signal.throwIfAborted()
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') unreadable.push(path)
      }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return {
    prints: new Map([...prints].sort(([left], [right]) => (left < right ? -1 : 1))),
    unreadable: unreadable.sort(),
  }
}

async function collect(path: string, files: string[], signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  const stats = await lstat(path).catch(() => null)
  if (stats === null) return
  if (files.length >= MOST_FILES) {
    throw new CastellanError(
      'too_large',
      `More than ${MOST_FILES} files are watched. Name fewer folders in integrity.paths.`,
    )
  }
  files.push(path)
  if (!stats.isDirectory()) return
  const names = await readdir(path).catch(() => [])
  for (const name of names) await collect(join(path, name), files, signal)
}

/** SHA-256 of a file, read through one buffer again and again: there are thousands of files. */
async function digestOf(path: string, buffer: Buffer, signal: AbortSignal, pace: Pace): Promise<string> {
  await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  const hash = createHash('sha256')
  for (;;) {
    signal.throwIfAborted()
    const { bytesRead } = await file.read(buffer, 0, buffer.length, null)
    if (bytesRead === 0) return hash.digest('hex')
    hash.update(buffer.subarray(0, bytesRead))
    await pace.spend(bytesRead, signal)
  }
}

async function fingerprint(path: string, buffer: Buffer, signal: AbortSignal, pace: Pace): Promise<Fingerprint> {
  const stats = await lstat(path)
  const rights = `${stats.uid}:${stats.gid}:${(stats.mode & 0o7777).toString(8)}`
  if (stats.isSymbolicLink()) return `link ${await readlink(path)}`
  if (stats.isDirectory()) return `folder ${rights}`
  if (!stats.isFile()) return `special ${rights} ${stats.mode}`
  return `file ${rights} ${await digestOf(path, buffer, signal, pace)}`
}
