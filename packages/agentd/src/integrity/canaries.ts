import { randomBytes } from 'node:crypto'
import type { Stats } from 'node:fs'
import { lstat, mkdir, readFile, stat, utimes } from 'node:fs/promises'
import { dirname } from 'node:path'
import { writePrivateFile } from '../host/files/durable.ts'
import type { CanaryStatus } from '../host/integrity.ts'
import type { Sighting } from '../incidents/sighting.ts'
import { type Alarm, watchReads } from './reads.ts'

/** How far in the past a canary was last read, as its times say: then `relatime` notes the next time too. In seconds. */
const LONG_AGO = 3 * 24 * 3600
/** One reader opens and reads, which is told more than once; so long after the first that is the same reading, in milliseconds. */
const SAME_READING_MS = 5000

export interface CanaryOptions {
  /** Whether fanotify is used where it can be, which tells who reads. */
  readonly namesReaders?: boolean
  /** Whether a read is as bad as a change. */
  readonly containReads?: boolean
}

interface Canary {
  readonly content: string
  readonly inode: number
  /** Of the file as it was planted: its change time, when it was written, and when it was read last. */
  readonly changed: number
  readonly written: number
  readonly read: number
}

/**
 * Files that nothing ever needs to read, with names that somebody who looks for secrets opens. Whoever changes or removes one is
 * not here for the reason that they say. Whoever reads one may be the owner's backup, search or curiosity, so that is told and stops
 * nothing by itself, unless the owner says that nothing of theirs reads there. Other rights or another owner are no change. Reads are told by
 * fanotify or inotify, where their programs are there and may; by the time of the last access otherwise.
 */
export class Canaries {
  readonly #paths: readonly string[]
  readonly #raise: (sighting: Sighting) => void
  readonly #options: CanaryOptions
  readonly #readAt = new Map<string, number>()
  readonly #planted = new Map<string, Canary>()
  #alarm: Alarm | undefined

  constructor(paths: readonly string[], raise: (sighting: Sighting) => void, options: CanaryOptions = {}) {
    this.#paths = paths
    this.#raise = raise
    this.#options = options
  }

  get status(): CanaryStatus {
    const planted = this.#planted.size
    if (this.#alarm === undefined) return { means: 'none', planted, reason: 'Canaries are not planted yet.' }
    return { means: this.#alarm.means, planted, reason: this.#alarm.reason }
  }

  /** Plants what is not there, and begins to watch. One that is there but was changed while agentd was away is told. */
  async start(): Promise<void> {
    for (const path of this.#paths) await this.#plant(path)
    await this.#watch()
  }

  /** Looks at times and contents: what no watch tells, and what happened while none ran. */
  async look(): Promise<void> {
    for (const [path, canary] of this.#planted) {
      const stats = await stat(path).catch(() => undefined)
      if (stats !== undefined && isSame(stats, canary)) {
        if (this.#alarm?.means === 'atime' && stats.atimeMs !== canary.read) this.#tellRead(path)
        else if (stats.ctimeMs === canary.changed) continue
        await this.#rest(path, canary.content)
      } else if (stats !== undefined && stats.ino !== canary.inode && (await holds(path, canary.content))) {
        // Put back from a backup. Nothing watches this file yet, so that reading it told nobody.
        await this.#rest(path, canary.content)
        await this.#watchAnew()
      } else {
        const what = stats === undefined ? 'is gone' : 'was changed'
        this.#tell(path, `The canary ${path} ${what}.`)
        await this.#plant(path, true)
      }
    }
  }

  stop(): void {
    this.#alarm?.stop()
  }

  async #plant(path: string, again = false): Promise<void> {
    const present = again ? undefined : await readFile(path, 'utf8').catch(() => undefined)
    if (present === undefined || !present.startsWith(HEAD)) {
      if (present !== undefined) this.#tell(path, `The canary ${path} was changed while agentd was not running.`)
      await mkdir(dirname(path), { recursive: true, mode: 0o700 })
      const content = `${HEAD}${randomBytes(24).toString('base64url')}\n`
      await writePrivateFile(path, content)
      await this.#rest(path, content)
      if (again) await this.#watchAnew()
      return
    }
    await this.#rest(path, present)
  }

  /** A watch follows the file, not its name. */
  async #watchAnew(): Promise<void> {
    if (this.#alarm === undefined) return
    this.#alarm.stop()
    await this.#watch()
  }

  async #watch(): Promise<void> {
    const paths = [...this.#planted.keys()]
    this.#alarm = await watchReads(paths, (path, by) => this.#tellRead(path, by), this.#options.namesReaders)
  }

  /** Sets the time of the last access back, and remembers how the file is. */
  async #rest(path: string, content: string): Promise<void> {
    const { mtime } = await stat(path)
    await utimes(path, new Date(mtime.getTime() - LONG_AGO * 1000), mtime)
    const stats = await stat(path)
    this.#planted.set(path, {
      content,
      inode: stats.ino,
      changed: stats.ctimeMs,
      written: stats.mtimeMs,
      read: stats.atimeMs,
    })
  }

  #tellRead(path: string, by?: string): void {
    const now = performance.now()
    if (now - (this.#readAt.get(path) ?? Number.NEGATIVE_INFINITY) < SAME_READING_MS) return
    this.#readAt.set(path, now)
    const summary = `The canary ${path} was read${by === undefined ? '' : ` by ${by}`}.`
    if (this.#options.containReads === true) this.#tell(path, summary)
    else this.#raise({ class: 'unauthorized_access', subject: `canary ${path}`, summary })
  }

  #tell(path: string, summary: string): void {
    this.#raise({ class: 'integrity_violation', subject: `canary ${path}`, summary, severity: 'critical' })
  }
}

/** Whether nobody wrote there: rights, owner and links may be others, as after a `chmod -R` or a copy by hard links. */
function isSame({ ino, size, mtimeMs }: Stats, { inode, content, written }: Canary): boolean {
  return ino === inode && size === content.length && mtimeMs === written
}

async function holds(path: string, content: string): Promise<boolean> {
  const file = await lstat(path).catch(() => undefined)
  return file?.isFile() === true && (await readFile(path, 'utf8').catch(() => undefined)) === content
}

/** How every canary begins, as a file of codes does. */
const HEAD = 'recovery code: '
