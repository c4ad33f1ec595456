import { randomBytes } from 'node:crypto'
import { constants, write, writeSync } from 'node:fs'
import { type FileHandle, open, rename, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { makeFolder, syncFolder, TEMP_PREFIX } from '../store/files.ts'

/** How long an amendment waits for a write to be made beside, ms. */
const AMEND_MS = 5

/** The segment being written. One call of {@link SegmentWriter.write} is one write(2) with O_DSYNC: durable when it returns. */
export class SegmentWriter {
  readonly path: string
  readonly #handle: FileHandle
  /** The same file without O_DSYNC, for what may follow later. */
  readonly #lazy: FileHandle
  readonly #size: number
  #position: number
  /** What {@link amend} has yet to write. */
  #amendment: { readonly at: number; readonly bytes: Buffer } | null = null
  #timer: NodeJS.Timeout | undefined

  private constructor(path: string, handle: FileHandle, lazy: FileHandle, position: number, size: number) {
    this.path = path
    this.#handle = handle
    this.#lazy = lazy
    this.#position = position
    this.#size = size
  }

  /**
   * Makes a segment of `size` bytes that starts with `content`, zeros after it. It appears under `path` whole and
   * durable or not at all; a file of that name is replaced.
   */
  static async create(path: string, content: Buffer, size: number): Promise<SegmentWriter> {
    const folder = dirname(path)
    await makeFolder(folder)
    const temp = join(folder, `${TEMP_PREFIX}${randomBytes(8).toString('hex')}`)
    const filler = await open(temp, 'wx', 0o600)
    try {
      await filler.writeFile(Buffer.concat([content, Buffer.alloc(size - content.length)]))
      await filler.sync()
    } catch (error) {
      await filler.close()
      await unlink(temp).catch(() => undefined)
      throw error
    }
    await filler.close()
    await rename(temp, path)
    await syncFolder(folder)
    const handle = await open(path, constants.O_WRONLY | constants.O_DSYNC)
    try {
      return new SegmentWriter(path, handle, await open(path, 'r+'), content.length, size)
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  fits(bytes: number): boolean {
    return this.#position + bytes <= this.#size
  }

  /**
   * Writes a frame that {@link fits}; returns where it lies. An amendment that waits is made meanwhile. After any error
   * the segment's content is unknown: stop, reopen, recover.
   */
  async write(frame: Buffer): Promise<number> {
    const at = this.#position
    const written = new Promise<number>((resolve, reject) => {
      write(this.#handle.fd, frame, 0, frame.length, at, (error, bytes) =>
        error === null ? resolve(bytes) : reject(error),
      )
    })
    let failure: unknown
    try {
      this.amendNow()
    } catch (error) {
      failure = error
    }
    checkWritten(await written, frame.length)
    if (failure !== undefined) throw failure
    this.#position += frame.length
    return at
  }

  /**
   * Replaces bytes of what was written, soon: beside the next write or after {@link AMEND_MS}. On the disk it is with
   * {@link settle}. One at a time.
   */
  amend(at: number, bytes: Buffer): void {
    this.amendNow()
    this.#amendment = { at, bytes }
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      try {
        this.amendNow()
      } catch {
        // Tried again with the next write or at the end, which say what is wrong.
      }
    }, AMEND_MS).unref()
  }

  /** Makes the amendment that waits, for every process to see. */
  amendNow(): void {
    if (this.#amendment === null) return
    const { at, bytes } = this.#amendment
    checkWritten(writeSync(this.#lazy.fd, bytes, 0, bytes.length, at), bytes.length)
    this.#amendment = null
  }

  /** Makes what was amended durable. */
  async settle(): Promise<void> {
    this.amendNow()
    await this.#lazy.datasync()
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer)
    try {
      await this.settle()
    } finally {
      await Promise.all([this.#lazy.close(), this.#handle.close()])
    }
  }
}

function checkWritten(written: number, length: number): void {
  if (written !== length) throw new Error(`only ${written} of ${length} bytes were written`)
}
