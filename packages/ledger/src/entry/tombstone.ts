import { HASH_BYTES, leafHash } from '../merkle/hash.ts'

/**
 * What a repair leaves of an entry whose bytes are lost but whose hash is known: 0x00 and the leaf hash. No JSON
 * starts with 0x00. It counts only where a signed `gap` entry accounts for it.
 */
export function tombstone(hash: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0]), hash])
}

export function isTombstone(leaf: Buffer): boolean {
  return leaf.length === 1 + HASH_BYTES && leaf[0] === 0
}

/** The leaf hash of an entry as the tree has it, also where only a tombstone is left of it. */
export function entryHash(leaf: Buffer): Buffer {
  return isTombstone(leaf) ? leaf.subarray(1) : leafHash(leaf)
}
