import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256 } from '../merkle/hash.ts'
import { type Checkpoint, parseCheckpoint } from '../note/checkpoint.ts'
import { writeFileDurably } from '../store/files.ts'

/** What a witness has seen of each log, in its folder: the newest checkpoint, and the same with its cosignature. */
export class SeenLogs {
  readonly #dir: string

  constructor(dir: string) {
    this.#dir = dir
  }

  /** The newest checkpoint cosigned for a log, null where there is none. */
  async newest(origin: string): Promise<Checkpoint | null> {
    const text = await readIfThere(this.#fileOf(origin))
    return text === '' ? null : parseCheckpoint(text, { extensions: true })
  }

  /** The same for those who watch: with the cosignature; null where there is none. */
  async cosigned(origin: string): Promise<string | null> {
    return (await readIfThere(`${this.#fileOf(origin)}.cosigned`)) || null
  }

  /** Remembers a checkpoint; durable before its cosignature may be given away. */
  async remember(origin: string, checkpoint: string, cosignature: string): Promise<void> {
    await writeFileDurably(this.#fileOf(origin), checkpoint)
    await writeFileDurably(`${this.#fileOf(origin)}.cosigned`, `${checkpoint}${cosignature}`, 0o644)
  }

  /**
   * Forgets a log, so that it can begin again: only after its owner found out why it does not continue. What was seen is
   * kept aside under the time `now` (ms since 1970). Returns it; null where nothing was seen of that log.
   */
  async forget(origin: string, now: number): Promise<Checkpoint | null> {
    const seen = await this.newest(origin)
    if (seen === null) return null
    const path = this.#fileOf(origin)
    await writeFileDurably(`${path}.forgotten-${now}`, await readFile(path, 'utf8'))
    await writeFileDurably(path, '')
    await rm(`${path}.cosigned`, { force: true })
    return seen
  }

  #fileOf(origin: string): string {
    return join(this.#dir, `seen-${sha256(origin).toString('hex', 0, 16)}`)
  }
}

function readIfThere(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
}
