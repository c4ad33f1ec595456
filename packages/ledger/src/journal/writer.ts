import { randomBytes } from 'node:crypto'
import { constants, write } from 'node:fs'
import { type FileHandle, open, rename, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { makeFolder, syncFolder, TEMP_PREFIX } from '../store/files.ts'

/** The segment being written. One call of {@link SegmentWriter.write} is one write(2) with O_DSYNC: durable when it returns. */
export class SegmentWriter {
  readonly path: string
  readonly #handle: FileHandle
  readonly #size: number
  #position: number

  private constructor(path: string, handle: FileHandle, position: number, size: number) {
    this.path = path
    this.#handle = handle
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
    return new SegmentWriter(path, handle, content.length, size)
  }

  fits(bytes: number): boolean {
    return this.#position + bytes <= this.#size
  }

  /** Writes a frame that {@link fits}. After any error the segment's content is unknown: stop, reopen, recover. */
  async write(frame: Buffer): Promise<void> {
    const written = await new Promise<number>((resolve, reject) => {
      write(this.#handle.fd, frame, 0, frame.length, this.#position, (error, bytes) =>
        error === null ? resolve(bytes) : reject(error),
      )
    })
    if (written !== frame.length) throw new Error(`only ${written} of ${frame.length} bytes were written`)
    this.#position += frame.length
  }

  async close(): Promise<void> {
    await this.#handle.close()
  }
}
