import { damaged } from '../error.ts'

/** Entry bundle of C2SP tlog-tiles: each leaf behind its length as 16-bit big-endian. */
export function encodeEntryBundle(leaves: readonly Uint8Array[]): Buffer {
  return encode(leaves, 2)
}

/** Reads a bundle of exactly `count` leaves, whose first has index `first`. */
export function decodeEntryBundle(bytes: Buffer, first: number, count: number): Buffer[] {
  return decode(bytes, 2, first, count, 'entry bundle')
}

/** Payload bundle: 32-bit length, then the encrypted record; length 0 where there is none. */
export function encodePayloadBundle(records: readonly Uint8Array[]): Buffer {
  return encode(records, 4)
}

export function decodePayloadBundle(bytes: Buffer, first: number, count: number): Buffer[] {
  return decode(bytes, 4, first, count, 'payload bundle')
}

function encode(items: readonly Uint8Array[], prefix: 2 | 4): Buffer {
  const bytes = Buffer.allocUnsafe(items.reduce((sum, item) => sum + prefix + item.length, 0))
  let at = 0
  for (const item of items) {
    at = bytes.writeUIntBE(item.length, at, prefix)
    bytes.set(item, at)
    at += item.length
  }
  return bytes
}

function decode(bytes: Buffer, prefix: 2 | 4, first: number, count: number, what: string): Buffer[] {
  const items: Buffer[] = []
  let at = 0
  while (items.length < count) {
    const index = first + items.length
    if (at + prefix > bytes.length) throw damaged(`The ${what} ends before entry ${index}`, { index })
    const length = bytes.readUIntBE(at, prefix)
    at += prefix
    if (at + length > bytes.length) throw damaged(`The ${what} ends within entry ${index}`, { index })
    items.push(bytes.subarray(at, at + length))
    at += length
  }
  if (at !== bytes.length) throw damaged(`The ${what} holds bytes after entry ${first + count - 1}`, { index: first + count - 1 })
  return items
}
