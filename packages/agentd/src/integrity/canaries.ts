import { randomBytes } from 'node:crypto'
import { mkdir, readFile, stat, utimes } from 'node:fs/promises'
import { dirname } from 'node:path'
import { writePrivateFile } from '../host/files/durable.ts'
import type { CanaryStatus } from '../host/integrity.ts'
import type { Sighting } from '../incidents/sighting.ts'
import { type Alarm, watchReads } from './reads.ts'

/** How far in the past a canary was last read, as its times say: then `relatime` notes the next time too. In seconds. */
const LONG_AGO = 3 * 24 * 3600

interface Canary {
  readonly content: string
  /** Of the file as it was planted: its change time, and when it was read last. */
  readonly changed: number
  readonly read: number
}

/**
 * Files that nothing ever needs to read, with names that somebody who looks for secrets opens. Whoever reads, changes or removes one is
 * not here for the reason that they say. Reads are told by fanotify or inotify, where their programs are there and may; by the time of
 * the last access otherwise.
 */
export class Canaries {
  readonly #paths: readonly string[]
  readonly #raise: (sighting: Sighting) => void
  readonly #namesReaders: boolean
  readonly #planted = new Map<string, Canary>()
  #alarm: Alarm | undefined

  /** `namesReaders`: whether fanotify is used where it can be, which tells who reads. */
  constructor(paths: readonly string[], raise: (sighting: Sighting) => void, namesReaders = false) {
    this.#paths = paths
    this.#raise = raise
    this.#namesReaders = namesReaders
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
      if (stats === undefined || stats.ctimeMs !== canary.changed) {
        const what = stats === undefined ? 'is gone' : 'was changed'
        this.#tell(path, `The canary ${path} ${what}.`)
        await this.#plant(path, true)
      } else if (this.#alarm?.means === 'atime' && stats.atimeMs !== canary.read) {
        this.#tellRead(path)
        await this.#rest(path, canary.content)
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
      // A watch follows the file, not its name.
      if (again && this.#alarm !== undefined) {
        this.#alarm.stop()
        await this.#watch()
      }
      return
    }
    await this.#rest(path, present)
  }

  async #watch(): Promise<void> {
    const paths = [...this.#planted.keys()]
    this.#alarm = await watchReads(paths, (path, by) => this.#tellRead(path, by), this.#namesReaders)
  }

  /** Sets the time of the last access back, and remembers how the file is. */
  async #rest(path: string, content: string): Promise<void> {
    const { mtime } = await stat(path)
    await utimes(path, new Date(mtime.getTime() - LONG_AGO * 1000), mtime)
    const stats = await stat(path)
    this.#planted.set(path, { content, changed: stats.ctimeMs, read: stats.atimeMs })
  }

  #tellRead(path: string, by?: string): void {
    this.#tell(path, `The canary ${path} was read${by === undefined ? '' : ` by ${by}`}.`)
  }

  #tell(path: string, summary: string): void {
    this.#raise({ class: 'integrity_violation', subject: `canary ${path}`, summary, severity: 'critical' })
  }
}

/** How every canary begins, as a file of codes does. */
const HEAD = 'recovery code: '
