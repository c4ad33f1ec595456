import { hash } from 'node:crypto'
import { HASH_BYTES } from './hash.ts'

/** A SHA-256 hash as a string of 32 Latin-1 characters: where millions are made, a string costs half of a Buffer. */
export type TextHash = string

/** Hashes of RFC 6962 as text. Holds a scratch buffer, so that hashing copies but never allocates. */
export class TextHasher {
  #scratch = Buffer.alloc(64 * 1024 + 1)

  /** `SHA-256(0x00 || leaf)`. */
  leaf(leaf: Uint8Array): TextHash {
    if (leaf.length >= this.#scratch.length) this.#scratch = Buffer.alloc(2 * leaf.length)
    this.#scratch[0] = 0
    this.#scratch.set(leaf, 1)
    return hash('sha256', this.#scratch.subarray(0, leaf.length + 1), 'binary')
  }

  /** `SHA-256(0x01 || left || right)`. */
  node(left: TextHash, right: TextHash): TextHash {
    this.#scratch[0] = 1
    this.#scratch.write(left, 1, HASH_BYTES, 'latin1')
    this.#scratch.write(right, 1 + HASH_BYTES, HASH_BYTES, 'latin1')
    return hash('sha256', this.#scratch.subarray(0, 1 + 2 * HASH_BYTES), 'binary')
  }
}

export function textOf(bytes: Buffer): TextHash {
  return bytes.toString('latin1')
}

export function bytesOf(text: TextHash): Buffer {
  return Buffer.from(text, 'latin1')
}
