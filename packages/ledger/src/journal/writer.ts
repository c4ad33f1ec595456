import { randomBytes } from 'node:crypto'
import { constants, write, writeSync } from 'node:fs'
import { type FileHandle, open, rename, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { makeFolder, syncFolder, TEMP_PREFIX } from '../store/files.ts'

/** The segment being written. One call of {@link SegmentWriter.write} is one write(2) with O_DSYNC: durable when it returns. */
export class SegmentWriter {
  readonly path: string
  readonly #handle: FileHandle
  /** The same file without O_DSYNC, for what may follow later. */
  readonly #lazy: FileHandle
  readonly #size: number
  #position: number

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

  /** Writes a frame that {@link fits}; returns where it lies. After any error the segment's content is unknown: stop, reopen, recover. */
  async write(frame: Buffer): Promise<number> {
    const at = this.#position
    const written = await new Promise<number>((resolve, reject) => {
      write(this.#handle.fd, frame, 0, frame.length, at, (error, bytes) =>
        error === null ? resolve(bytes) : reject(error),
      )
    })
    checkWritten(written, frame.length)
    this.#position += frame.length
    return at
  }

  /** Replaces bytes of what was written: at once for every process, and on the disk by {@link settle} at the latest. */
  amend(at: number, bytes: Buffer): void {
    checkWritten(writeSync(this.#lazy.fd, bytes, 0, bytes.length, at), bytes.length)
  }

  /** Makes what was amended durable. */
  async settle(): Promise<void> {
    await this.#lazy.datasync()
  }

  async close(): Promise<void> {
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
