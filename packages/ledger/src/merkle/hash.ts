import { hash } from 'node:crypto'

/** RFC 6962 section 2.1 with SHA-256; every hash is 32 bytes. */
export const HASH_BYTES = 32

/** By way of a string: asking for a Buffer costs twice as much. */
export function sha256(data: Uint8Array | string): Buffer {
  return Buffer.from(hash('sha256', data, 'binary'), 'latin1')
}

/** `SHA-256(0x00 || leaf)`. */
export function leafHash(leaf: Uint8Array): Buffer {
  const input = Buffer.allocUnsafe(leaf.length + 1)
  input[0] = 0
  input.set(leaf, 1)
  return sha256(input)
}

/** `SHA-256(0x01 || left || right)`. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  const input = Buffer.allocUnsafe(1 + 2 * HASH_BYTES)
  input[0] = 1
  input.set(left, 1)
  input.set(right, 1 + HASH_BYTES)
  return sha256(input)
}

/** Root of the tree without leaves: the hash of nothing. */
export function emptyRoot(): Buffer {
  return sha256('')
}

/** Root of a list of hashes taken as the leaves of a tree (`MTH` of RFC 6962 over given leaf hashes). */
export function rootOf(hashes: readonly Uint8Array[]): Buffer {
  if (hashes.length === 0) return emptyRoot()
  let level = hashes
  while (level.length > 1) {
    const next: Uint8Array[] = []
    for (let i = 0; i + 1 < level.length; i += 2)
      next.push(nodeHash(level[i] as Uint8Array, level[i + 1] as Uint8Array))
    // The right edge of an incomplete tree moves up as it is: same result as RFC 6962's split at powers of two.
    if (level.length % 2 === 1) next.push(level[level.length - 1] as Uint8Array)
    level = next
  }
  return Buffer.from(level[0] as Uint8Array)
}
