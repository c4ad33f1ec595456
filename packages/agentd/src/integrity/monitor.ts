import { type FSWatcher, watch } from 'node:fs'
import { join } from 'node:path'
import type { Log } from '@castellan/daemon'
import { Schedule } from '../state/schedule.ts'
import type { Canaries } from './canaries.ts'
import type { Integrity } from './integrity.ts'

/** Folders that are watched by inotify at most; a full scan sees the rest. */
const MOST_FOLDERS = 4096
/** Changes are gathered for so long before they are looked at, in milliseconds: a program that is replaced comes in pieces. */
const GATHER_MS = 1000
/** How often canaries are looked at, in milliseconds. */
const CANARY_MS = 30_000
const MOST_GATHERED = 1000

export interface MonitorParts {
  readonly integrity: Integrity
  readonly canaries: Canaries
  /** From the end of one full scan to the next, in milliseconds. */
  readonly scanEveryMs: number
  readonly log: Log
}

/** Looks after integrity by itself: at once where a watched folder changes (inotify), at everything every so often. */
export class IntegrityMonitor {
  readonly #parts: MonitorParts
  readonly #stopping = new AbortController()
  readonly #scanning: Schedule
  readonly #lookingAtCanaries: Schedule
  #watchers: FSWatcher[] = []
  readonly #gathered = new Set<string>()
  #gathering: NodeJS.Timeout | undefined
  #looking: Promise<void> = Promise.resolve()
  #starting: Promise<void> = Promise.resolve()

  constructor(parts: MonitorParts) {
    this.#parts = parts
    const tell = (error: unknown) => {
      if (!this.#stopping.signal.aborted) parts.log.warn({ err: error }, 'integrity could not be looked after')
    }
    this.#scanning = new Schedule(parts.scanEveryMs, () => this.#scan(), tell)
    this.#lookingAtCanaries = new Schedule(CANARY_MS, () => parts.canaries.look(), tell)
  }

  start(): void {
    this.#starting = this.#parts.canaries.start().catch((error: unknown) => {
      this.#parts.log.warn({ err: error }, 'canaries could not be planted')
    })
    this.#scanning.start()
    void this.#starting.then(() => {
      if (!this.#stopping.signal.aborted) this.#lookingAtCanaries.start()
    })
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('agentd is stopping'))
    clearTimeout(this.#gathering)
    this.#unwatch()
    await Promise.all([this.#starting, this.#scanning.stop(), this.#lookingAtCanaries.stop(), this.#looking])
    this.#parts.canaries.stop()
  }

  /** Watches anew: after a baseline was taken there are other folders. */
  async rewatch(): Promise<void> {
    this.#unwatch()
    const folders = await this.#parts.integrity.folders()
    for (const folder of folders.slice(0, MOST_FOLDERS)) {
      if (this.#stopping.signal.aborted) return
      try {
        const watcher = watch(folder, { persistent: false }, (_, name) => {
          this.#gather(folder)
          if (name !== null) this.#gather(join(folder, name))
        })
        watcher.on('error', () => watcher.close())
        this.#watchers.push(watcher)
      } catch {
        // It is gone, or there are no watches left: the next full scan sees what it holds.
      }
    }
  }

  async #scan(): Promise<void> {
    const { signal } = this.#stopping
    await this.rewatch()
    await this.#parts.integrity.scan(signal)
  }

  #gather(path: string): void {
    if (this.#gathered.size < MOST_GATHERED) this.#gathered.add(path)
    this.#gathering ??= setTimeout(() => {
      this.#gathering = undefined
      const paths = [...this.#gathered]
      this.#gathered.clear()
      this.#looking = this.#looking
        .then(() => this.#parts.integrity.look(paths, this.#stopping.signal))
        .then(
          () => undefined,
          (error: unknown) =>
            this.#parts.log.warn({ err: error }, 'a change of what is watched could not be looked at'),
        )
    }, GATHER_MS).unref()
  }

  #unwatch(): void {
    for (const watcher of this.#watchers) watcher.close()
    this.#watchers = []
  }
}
