import { link, mkdir, readdir, readFile, rename, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { CastellanError } from '@castellan/contracts'
import { syncFolder, writePrivateFile } from '../host/files/durable.ts'
import { StateFile } from '../state/state-file.ts'
import { SwitchId, SwitchRecord } from './record.ts'

/** Switches that are over and older than the newest so many are forgotten; the ledger keeps their story. */
const KEPT = 200

/** Who gets to say how a switch ends. The first word counts. */
export type Decision = 'commit' | 'rollback'

/**
 * What SafeSwitch knows, on disk: a folder for each switch with its record, and beside it the scripts and marks by which
 * the dead man's switch and `agentctl rollback` work without agentd.
 */
export class Journal {
  readonly folder: string

  private constructor(folder: string) {
    this.folder = folder
  }

  static async open(folder: string): Promise<Journal> {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    return new Journal(folder)
  }

  folderOf(id: SwitchId): string {
    return join(this.folder, id)
  }

  /** On disk when it returns. */
  async save(record: SwitchRecord): Promise<void> {
    const folder = this.folderOf(record.id)
    if ((await mkdir(folder, { recursive: true, mode: 0o700 })) !== undefined) await syncFolder(this.folder)
    await this.#file(record.id).save(record)
  }

  /** Throws `not_found`. */
  async load(id: SwitchId): Promise<SwitchRecord> {
    const record = await this.#file(id).load()
    if (record !== undefined) return record
    throw new CastellanError('not_found', `There is no switch ${id}. switch_list shows those there are.`)
  }

  /** Newest first. A folder without a record is a switch that never began. */
  async list(): Promise<readonly SwitchRecord[]> {
    const names = await readdir(this.folder, { withFileTypes: true })
    const ids = names.filter((entry) => entry.isDirectory() && SwitchId.safeParse(entry.name).success)
    const records = await Promise.all(ids.map(({ name }) => this.#file(SwitchId.parse(name)).load()))
    return records
      .filter((record) => record !== undefined)
      .sort((left, right) => beganAt(right) - beganAt(left) || (left.id < right.id ? 1 : -1))
  }

  /** As if it had never been begun. */
  async forget(id: SwitchId): Promise<void> {
    await rm(this.folderOf(id), { recursive: true, force: true })
  }

  /** Forgets the oldest switches beyond those that are kept. `records` are all, newest first. */
  async prune(records: readonly SwitchRecord[]): Promise<void> {
    for (const { id } of records.slice(KEPT)) await this.forget(id)
  }

  /** What was decided: `wanted` if nothing was yet. Decided once and for all, even between processes: link(2) is atomic. */
  async decide(id: SwitchId, wanted: Decision): Promise<Decision> {
    const folder = this.folderOf(id)
    const draft = join(folder, 'decision.agentd')
    await writePrivateFile(draft, `${wanted} agentd\n`)
    try {
      await link(draft, join(folder, 'decision'))
      await syncFolder(folder)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    return (await this.decided(id))?.decision ?? wanted
  }

  /** The decision and who made it; undefined while there is none. */
  async decided(id: SwitchId): Promise<{ readonly decision: Decision; readonly by: string } | undefined> {
    const words = (await this.mark(id, 'decision'))?.trim().split(' ')
    if (words === undefined) return undefined
    return { decision: words[0] === 'commit' ? 'commit' : 'rollback', by: words[1] ?? 'somebody' }
  }

  /** What a script left under this name; undefined where it did not. */
  async mark(id: SwitchId, name: string): Promise<string | undefined> {
    return readFile(join(this.folderOf(id), name), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    })
  }

  async removeMark(id: SwitchId, name: string): Promise<void> {
    await rm(join(this.folderOf(id), name), { force: true })
  }

  /** A program text beside the record, which outlives agentd. On disk when it returns. */
  async script(id: SwitchId, name: string, text: string): Promise<string> {
    const path = join(this.folderOf(id), name)
    await writePrivateFile(path, text)
    return path
  }

  /** `way-back` names the switch that `agentctl rollback` takes back. */
  async setWayBack(id: SwitchId): Promise<void> {
    const draft = join(this.folder, 'way-back.new')
    await rm(draft, { force: true })
    await symlink(id, draft)
    await rename(draft, join(this.folder, 'way-back'))
    await syncFolder(this.folder)
  }

  #file(id: SwitchId): StateFile<typeof SwitchRecord> {
    return new StateFile(join(this.folderOf(id), 'record.json'), SwitchRecord)
  }
}

function beganAt(record: SwitchRecord): number {
  return Date.parse(record.steps[0]?.at ?? '')
}
