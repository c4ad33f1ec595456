import { writeSync } from 'node:fs'
import { type FileHandle, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { damaged } from '../error.ts'
import { type Checkpoint, openCheckpoint } from '../note/checkpoint.ts'
import type { Verifier } from '../note/keys.ts'
import { writeFileDurably } from './files.ts'
import { READ } from './open-flags.ts'

/**
 * The high-water mark: the newest acknowledged checkpoint, kept in the key folder, apart from the log. A log that is
 * shorter than its mark, or has another root at that size, was cut, rolled back or rewritten.
 *
 * The file has two slots written in turn, so that one whole checkpoint survives any crash. It is written after every
 * batch (so that it survives the process) and synced once a second and at close (so that it survives the machine).
 */
const SLOT_BYTES = 2048
const SYNC_EVERY_MS = 1000

export const MARK_FILE = 'high-water'

export class HighWaterMark {
  readonly #handle: FileHandle
  #slot: 0 | 1
  #timer: NodeJS.Timeout | undefined
  #syncing: Promise<void> = Promise.resolve()
  #dirty = false

  private constructor(handle: FileHandle, slot: 0 | 1) {
    this.#handle = handle
    this.#slot = slot
  }

  /** Makes or replaces the mark file with one whole checkpoint in it. */
  static async create(keyDir: string, checkpoint: string): Promise<HighWaterMark> {
    await writeFileDurably(join(keyDir, MARK_FILE), Buffer.concat([slotOf(checkpoint), Buffer.alloc(SLOT_BYTES)]))
    return new HighWaterMark(await open(join(keyDir, MARK_FILE), 'r+'), 0)
  }

  /** Raises the mark. One small write to the page cache; never waits for the disk. */
  raise(checkpoint: string): void {
    this.#slot = this.#slot === 0 ? 1 : 0
    writeSync(this.#handle.fd, slotOf(checkpoint), 0, SLOT_BYTES, this.#slot * SLOT_BYTES)
    this.#dirty = true
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.#syncing = this.sync().catch(() => undefined)
    }, SYNC_EVERY_MS).unref()
  }

  async sync(): Promise<void> {
    if (!this.#dirty) return
    this.#dirty = false
    await this.#handle.datasync()
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer)
    await this.#syncing
    await this.sync().finally(() => this.#handle.close())
  }
}

export async function hasMark(keyDir: string): Promise<boolean> {
  return (await readFile(join(keyDir, MARK_FILE), { flag: READ }).catch(noFile)) !== null
}

/** The mark as it stands, null where there is none. Signed by a key of the log, or it is damage. */
export async function readMark(keyDir: string, keys: readonly Verifier[]): Promise<Checkpoint | null> {
  const bytes = await readFile(join(keyDir, MARK_FILE), { flag: READ }).catch(noFile)
  if (bytes === null) return null
  const slots = [0, 1].map((slot) => readSlot(bytes.subarray(slot * SLOT_BYTES, (slot + 1) * SLOT_BYTES), keys))
  const [best] = slots.filter((slot) => slot !== null).sort((a, b) => b.size - a.size)
  if (best !== undefined && bytes.length === 2 * SLOT_BYTES) return best
  throw damaged(`${join(keyDir, MARK_FILE)} holds no checkpoint signed by this log's key`, {
    kind: 'mark_missing',
    subject: 'mark',
  })
}

function slotOf(checkpoint: string): Buffer {
  const slot = Buffer.alloc(SLOT_BYTES)
  slot.writeUInt16BE(Buffer.byteLength(checkpoint))
  slot.write(checkpoint, 2)
  return slot
}

function readSlot(slot: Buffer, keys: readonly Verifier[]): Checkpoint | null {
  if (slot.length !== SLOT_BYTES) return null
  const length = slot.readUInt16BE(0)
  if (length === 0 || length > SLOT_BYTES - 2) return null
  try {
    return openCheckpoint(slot.subarray(2, 2 + length), keys)
  } catch {
    return null
  }
}

function noFile(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null
  throw error
}
