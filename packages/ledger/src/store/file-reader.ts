import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { READ } from './open-flags.ts'

/** Reads files one after the other into one buffer that grows as needed: what was read before is overwritten. */
export class FileReader {
  #buffer = Buffer.alloc(256 * 1024)

  /** The whole file, or what is one byte more than `limit` bytes of it, valid until the next call; null where there is none. */
  read(path: string, limit = Number.POSITIVE_INFINITY): Buffer | null {
    let fd: number
    try {
      fd = openSync(path, READ)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
      throw error
    }
    try {
      for (let length = 0; ; ) {
        const read = readSync(fd, this.#buffer, length, this.#buffer.length - length, null)
        length += read
        if (read === 0 || length > limit) return this.#buffer.subarray(0, Math.min(length, limit + 1))
        if (length === this.#buffer.length)
          this.#grow(Math.min(Math.max(2 * length, fstatSync(fd).size + 1), limit + 2))
      }
    } finally {
      closeSync(fd)
    }
  }

  #grow(size: number): void {
    const larger = Buffer.alloc(size)
    this.#buffer.copy(larger)
    this.#buffer = larger
  }
}
