import { readSync } from 'node:fs'
import { FormatError } from './error.ts'

/** Bytes at positions: an open file, or memory in tests. Nothing reads a whole file. */
export interface ByteSource {
  /** In bytes; does not change. */
  readonly size: number
  /** Fills `target` from `position` on, as far as there is anything; returns how many bytes. */
  readInto(target: Uint8Array, position: number): number
}

/** An open file. `size` is what fstat(2) said when it was opened: what comes after is not read. */
export function fileSource(descriptor: number, size: number): ByteSource {
  return {
    size,
    readInto(target, position) {
      let filled = 0
      while (filled < target.length && position + filled < size) {
        const count = readSync(descriptor, target, filled, target.length - filled, position + filled)
        if (count === 0) break
        filled += count
      }
      return filled
    },
  }
}

export function memorySource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    readInto(target, position) {
      const part = bytes.subarray(position, position + target.length)
      target.set(part)
      return part.length
    },
  }
}

const WINDOW_BYTES = 1024 * 1024
const TWO_32 = 0x1_0000_0000

/**
 * Reads forward through one window of a source, little endian. Every read is checked against the file's end first, so that no
 * claimed length makes it read, allocate or loop beyond what the file has. Throws `truncated`.
 */
export class Cursor {
  position = 0
  readonly #source: ByteSource
  readonly #window: Buffer
  #start = 0
  #filled = 0

  constructor(source: ByteSource) {
    this.#source = source
    this.#window = Buffer.allocUnsafeSlow(Math.min(WINDOW_BYTES, Math.max(16, source.size)))
  }

  get left(): number {
    return this.#source.size - this.position
  }

  uint8(): number {
    return this.#window.readUInt8(this.#take(1))
  }

  uint32(): number {
    return this.#window.readUInt32LE(this.#take(4))
  }

  int32(): number {
    return this.#window.readInt32LE(this.#take(4))
  }

  float32(): number {
    return this.#window.readFloatLE(this.#take(4))
  }

  float64(): number {
    return this.#window.readDoubleLE(this.#take(8))
  }

  uint64(): bigint {
    return this.#window.readBigUInt64LE(this.#take(8))
  }

  int64(): bigint {
    return this.#window.readBigInt64LE(this.#take(8))
  }

  /**
   * A 64-bit length of which the file must hold at least `unitBytes` each: so it is a safe integer, and no larger than the
   * file. Throws `truncated` for more, `too_many` above `limit`.
   */
  length(what: string, unitBytes: number, limit: number): number {
    const at = this.#take(8)
    const low = this.#window.readUInt32LE(at)
    const high = this.#window.readUInt32LE(at + 4)
    const value = high * TWO_32 + low
    if (value > limit) {
      const exact = (BigInt(high) << 32n) | BigInt(low)
      throw new FormatError('too_many', `claims ${exact} ${what}; at most ${limit} are taken`, this.position - 8)
    }
    if (value * unitBytes > this.left) {
      throw new FormatError(
        'truncated',
        `claims ${value} ${what}, for which it would have to be longer`,
        this.position - 8,
      )
    }
    return value
  }

  /** A view that holds until the next read. */
  bytes(length: number): Buffer {
    if (length <= this.#window.length) {
      const at = this.#take(length)
      return this.#window.subarray(at, at + length)
    }
    this.#refuseBeyond(length)
    const whole = Buffer.allocUnsafeSlow(length)
    if (this.#source.readInto(whole, this.position) < length) throw this.#short()
    this.position += length
    return whole
  }

  skip(length: number): void {
    this.#refuseBeyond(length)
    this.position += length
  }

  /**
   * Skips texts, each behind its length of 64 bits: a loop of its own, because vocabularies have three quarters of a million.
   * Throws `truncated`, and `too_long` for one above `limit`, which is below 2^32.
   */
  skipTexts(count: number, limit: number): void {
    const window = this.#window
    for (let index = 0; index < count; index++) {
      const at = this.#take(8)
      const high =
        (window[at + 4] as number) |
        (window[at + 5] as number) |
        (window[at + 6] as number) |
        (window[at + 7] as number)
      const low =
        ((window[at] as number) |
          ((window[at + 1] as number) << 8) |
          ((window[at + 2] as number) << 16) |
          ((window[at + 3] as number) << 24)) >>>
        0
      if (high !== 0 || low > limit) {
        throw new FormatError('too_long', `claims a text of more than ${limit} bytes`, this.position - 8)
      }
      this.#refuseBeyond(low)
      this.position += low
    }
  }

  /** Where the next `length` bytes lie in the window. */
  #take(length: number): number {
    let at = this.position - this.#start
    if (at < 0 || at + length > this.#filled) {
      this.#refuseBeyond(length)
      this.#filled = this.#source.readInto(this.#window, this.position)
      this.#start = this.position
      if (this.#filled < length) throw this.#short()
      at = 0
    }
    this.position += length
    return at
  }

  #refuseBeyond(length: number): void {
    if (length > this.left) throw this.#short()
  }

  #short(): FormatError {
    return new FormatError('truncated', 'ends in the middle of its header', this.position)
  }
}

/** Whether these bytes of the file are all zero. Read in pieces of at most 64 KiB. */
export function allZero(source: ByteSource, from: number, to: number): boolean {
  const buffer = Buffer.allocUnsafe(Math.min(65_536, Math.max(1, to - from)))
  for (let position = from; position < to; ) {
    const part = buffer.subarray(0, Math.min(buffer.length, to - position))
    if (source.readInto(part, position) < part.length) return false
    for (const byte of part) if (byte !== 0) return false
    position += part.length
  }
  return true
}
