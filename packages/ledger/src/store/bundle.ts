import { damaged } from '../error.ts'
import { joinItems, splitItems } from './items.ts'

/** Entry bundle of C2SP tlog-tiles: each leaf behind its length as 16-bit big-endian. */
export const LEAF_PREFIX = 2

/** Payload bundle: 32-bit length, then the encrypted record; length 0 where there is none. */
export const PAYLOAD_PREFIX = 4

export function encodeEntryBundle(leaves: readonly Uint8Array[]): Buffer {
  return joinItems(leaves, LEAF_PREFIX)
}

/** Reads a bundle of exactly `count` leaves, whose first has index `first`. */
export function decodeEntryBundle(bytes: Buffer, first: number, count: number): Buffer[] {
  return decode(bytes, LEAF_PREFIX, first, count, 'entry bundle')
}

export function encodePayloadBundle(records: readonly Uint8Array[]): Buffer {
  return joinItems(records, PAYLOAD_PREFIX)
}

export function decodePayloadBundle(bytes: Buffer, first: number, count: number): Buffer[] {
  return decode(bytes, PAYLOAD_PREFIX, first, count, 'payload bundle')
}

function decode(bytes: Buffer, prefix: 2 | 4, first: number, count: number, what: string): Buffer[] {
  const { items, fault } = splitItems(bytes, prefix, count)
  if (fault === null) return items
  const index = Math.min(first + items.length, first + count - 1)
  throw damaged(`The ${what} ${fault} entry ${index}`, { index })
}
