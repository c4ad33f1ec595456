import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { syncFolder, writePrivateFile } from '../host/files/durable.ts'
import { ImportId, ImportRecord } from './record.ts'

const DAY_MS = 86_400_000
/** Ended imports whose record is kept for model_status. */
const MOST_RECORDS = 100

/** The quarantine on disk: a private folder for each import, with its record and, while there is one, the candidate. */
export class ImportFolders {
  readonly #root: string

  constructor(root: string) {
    this.#root = root
  }

  candidate(id: ImportId): string {
    return join(this.#root, id, 'candidate')
  }

  /** A new folder, nobody else's. */
  async make(): Promise<ImportId> {
    await mkdir(this.#root, { recursive: true, mode: 0o700 })
    const id = ImportId.parse(`imp_${randomBytes(8).toString('hex')}`)
    await mkdir(join(this.#root, id), { mode: 0o700 })
    await syncFolder(this.#root)
    return id
  }

  /** On disk when it returns; a crash leaves the old record or the new one. */
  async save(record: ImportRecord): Promise<void> {
    await writePrivateFile(join(this.#root, record.id, 'record.json'), `${JSON.stringify(record, null, 2)}\n`)
  }

  /** Every import that has a record, newest first. One that cannot be read counts as none. */
  async list(): Promise<ImportRecord[]> {
    const records = await Promise.all((await this.#ids()).map((id) => this.read(id)))
    return records
      .filter((record) => record !== undefined)
      .sort((left, right) => (left.startedAt < right.startedAt ? 1 : -1))
  }

  async read(id: ImportId): Promise<ImportRecord | undefined> {
    try {
      return ImportRecord.parse(JSON.parse(await readFile(join(this.#root, id, 'record.json'), 'utf8')))
    } catch {
      return undefined
    }
  }

  async dropCandidate(id: ImportId): Promise<void> {
    await rm(this.candidate(id), { recursive: true, force: true })
  }

  /** Ids of folders whose record is missing or damaged: an import that ended before its first word. */
  async nameless(): Promise<ImportId[]> {
    const ids = await this.#ids()
    const records = await Promise.all(ids.map((id) => this.read(id)))
    return ids.filter((_, index) => records[index] === undefined)
  }

  async remove(id: ImportId): Promise<void> {
    await rm(join(this.#root, id), { recursive: true, force: true })
  }

  /** Takes away what was kept long enough: refused candidates by age and by size, records by number. */
  async prune(now: number, { days, bytes }: { readonly days: number; readonly bytes: number }): Promise<void> {
    let kept = 0
    let ended = 0
    for (const record of await this.list()) {
      if (record.endedAt === null) continue
      ended += 1
      if (ended > MOST_RECORDS) {
        await this.remove(record.id)
        continue
      }
      if (!(await exists(this.candidate(record.id)))) continue
      kept += record.bytes
      const old = Date.parse(record.endedAt) + days * DAY_MS <= now
      if (old || kept > bytes) {
        await this.dropCandidate(record.id)
        kept -= record.bytes
      }
    }
  }

  async #ids(): Promise<ImportId[]> {
    const names = await readdir(this.#root).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return []
      throw error
    })
    return names.flatMap((name) => {
      const id = ImportId.safeParse(name)
      return id.success ? [id.data] : []
    })
  }
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
