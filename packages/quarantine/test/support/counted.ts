import type { ByteSource } from '../../src/formats/index.ts'

/** A source that counts what is read of it. */
export function countedSource(source: ByteSource): ByteSource & { bytesRead: number } {
  return {
    bytesRead: 0,
    size: source.size,
    readInto(target, position) {
      const count = source.readInto(target, position)
      this.bytesRead += count
      return count
    },
  }
}
