import { statSync } from 'node:fs'
import { chown, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { EMERGENCY_FOLDER, EmergencyEvent, FROZEN_FILE, Freeze, FreezeId } from '@castellan/contracts'
import { syncFolder, writePrivateFile } from '../files/durable.ts'

/** What is said where the file that freezes agents cannot be understood; it freezes them all the same. */
const UNREADABLE = { id: FreezeId.parse('frz_unreadable0'), level: 2, reason: 'frozen.json cannot be read.' } as const

/**
 * The one place where it is written that agents are frozen: a file in the state folder, which holds across restarts and
 * needs no process to be set. agentd looks at it before every call, the supervisor by it keeps the engine and the airlock
 * stopped, and `agentctl panic` sets it itself where agentd does not answer.
 *
 * What happens is noted beside it first, and the notes stay until agentd has them in its ledger: a crash at any point
 * leaves neither a freeze that the ledger does not tell of nor one that only the ledger knows.
 */
export class Latch {
  /** Absolute. */
  readonly file: string
  readonly #stateDir: string
  readonly #folder: string
  readonly #notes: string

  constructor(stateDir: string) {
    this.#stateDir = stateDir
    this.#folder = join(stateDir, EMERGENCY_FOLDER)
    this.#notes = join(this.#folder, 'events')
    this.file = join(this.#folder, FROZEN_FILE)
  }

  /** Asked of the file system each time, in microseconds. What cannot be looked at counts as set: then nobody acts. */
  get isSet(): boolean {
    try {
      return statSync(this.file, { throwIfNoEntry: false }) !== undefined
    } catch {
      return true
    }
  }

  /** Why agents are frozen; null where they are not. A file that makes no sense freezes as well. */
  async read(): Promise<Freeze | null> {
    const text = await readFile(this.file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null
      return ''
    })
    if (text === null) return null
    const freeze = Freeze.safeParse(asJson(text))
    if (freeze.success) return freeze.data
    const at = await stat(this.file).then(
      ({ mtime }) => mtime,
      () => new Date(0),
    )
    return { ...UNREADABLE, at: at.toISOString() }
  }

  /**
   * On disk when it returns. A freeze that is there stays at its level or goes up. Where the event cannot be noted the
   * latch is set all the same, and then the error is thrown.
   */
  async set(freeze: Freeze): Promise<Freeze> {
    const before = await this.read()
    const level = before !== null && before.level > freeze.level ? before.level : freeze.level
    const set = { ...freeze, level }
    const noted = this.note({ kind: 'frozen', freeze: set, at: freeze.at, note: freeze.reason })
    await noted.catch(() => undefined)
    await this.#write(this.file, set)
    await noted
    return set
  }

  /** Lets agents act again; what was ended is answered, null where nothing was. On disk when it returns. */
  async clear(reason: string, at: Date = new Date()): Promise<Freeze | null> {
    const freeze = await this.read()
    if (freeze === null) return null
    await this.note({ kind: 'thawed', freeze, at: at.toISOString(), note: reason })
    await rm(this.file, { recursive: true, force: true })
    await syncFolder(this.#folder)
    return freeze
  }

  /** Keeps an event until it is in the ledger. */
  async note(event: EmergencyEvent): Promise<void> {
    await this.#write(join(this.#notes, nameOf(event)), event)
  }

  /** What the ledger has not been told yet, oldest first. */
  async notes(): Promise<EmergencyEvent[]> {
    const names = await readdir(this.#notes).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return []
      throw error
    })
    const texts = await Promise.all(
      names.filter((name) => name.endsWith('.json')).map((name) => readFile(join(this.#notes, name), 'utf8')),
    )
    return texts
      .flatMap((text) => EmergencyEvent.safeParse(asJson(text)).data ?? [])
      .sort((left, right) => Date.parse(left.at) - Date.parse(right.at))
  }

  /** The ledger has it. */
  async settle(event: EmergencyEvent): Promise<void> {
    await rm(join(this.#notes, nameOf(event)), { force: true })
  }

  /** Through a draft of this process alone: agentd and agentctl may both be at it. */
  async #write(path: string, value: unknown): Promise<void> {
    const folder = dirname(path)
    const made = await mkdir(folder, { recursive: true, mode: 0o700 })
    if (made !== undefined) await syncFolder(dirname(made))
    for (let one = folder; made !== undefined && one.startsWith(made); one = dirname(one)) await this.#handOver(one)
    const draft = `${path}.${process.pid}`
    await writePrivateFile(draft, `${JSON.stringify(value)}\n`)
    await this.#handOver(draft)
    await rename(draft, path)
    await syncFolder(folder)
  }

  /** Root may freeze somebody else's instance, whose processes have to be able to read of it, and to thaw. */
  async #handOver(path: string): Promise<void> {
    if (process.getuid?.() !== 0) return
    const { uid, gid } = await stat(this.#stateDir)
    if (uid !== 0) await chown(path, uid, gid)
  }
}

function nameOf({ kind, freeze }: EmergencyEvent): string {
  return `${freeze.id}-${kind}.json`
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
