/** Bytes of a bundle taken apart: as many items as could be read, and where it went wrong, if it did. */
export interface Items {
  readonly items: Buffer[]
  /** Null where exactly `count` items fill the bytes. */
  readonly fault: 'ends before' | 'ends within' | 'goes on after' | null
}

/** Length-prefixed items, the lengths big-endian in `prefix` bytes. */
export function splitItems(bytes: Buffer, prefix: 2 | 4, count: number): Items {
  const items: Buffer[] = []
  let at = 0
  while (items.length < count) {
    if (at + prefix > bytes.length) return { items, fault: 'ends before' }
    const length = prefix === 2 ? bytes.readUInt16BE(at) : bytes.readUInt32BE(at)
    at += prefix
    if (at + length > bytes.length) return { items, fault: 'ends within' }
    items.push(bytes.subarray(at, at + length))
    at += length
  }
  return { items, fault: at === bytes.length ? null : 'goes on after' }
}

export function joinItems(items: readonly Uint8Array[], prefix: 2 | 4): Buffer {
  const bytes = Buffer.allocUnsafe(items.reduce((sum, item) => sum + prefix + item.length, 0))
  let at = 0
  for (const item of items) {
    at = bytes.writeUIntBE(item.length, at, prefix)
    bytes.set(item, at)
    at += item.length
  }
  return bytes
}
