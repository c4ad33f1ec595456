import type { ByteSource, Structure } from '../formats/index.ts'
import { FormatError } from '../formats/index.ts'
import { Entropy, LEAST_ENTROPY_BYTES } from './entropy.ts'
import type { Summary } from './numbers.ts'
import { Readers } from './values.ts'

/** One tensor as its numbers show it. */
export interface TensorWeights extends Summary {
  readonly name: string
  readonly type: string
  /** What was counted; null where the type's bytes are any number. */
  readonly of: 'values' | 'scales' | null
  readonly bytes: number
  /** Entropy of its windows, in bits a byte; null for a tensor too small to say. */
  readonly entropy: { readonly least: number; readonly most: number } | null
}

export interface WeightScan {
  readonly tensors: readonly TensorWeights[]
  /** Entropy of the windows before the first tensor. */
  readonly header: { readonly least: number; readonly most: number } | null
  readonly windows: number
  readonly bytes: number
}

/** About how much is looked at in one piece, in bytes. */
const WINDOW_BYTES = 1024 * 1024
/** A multiple of the size of every number, so that a window is read into memory that typed arrays can look at. */
const ALIGN = 8

/**
 * Reads a whole model once, window by window in the order of the file: the entropy of each window, and the figures of each
 * tensor. Memory does not grow with the file. `progress` is told how many bytes were read.
 */
export function scanWeights(
  source: ByteSource,
  { tensors, dataStart }: Structure,
  progress: (bytes: number) => void = () => undefined,
): WeightScan {
  const buffer = Buffer.from(new ArrayBuffer(WINDOW_BYTES + 4096))
  const entropy = new Entropy()
  const readers = new Readers()
  let windows = 0
  let done = 0
  const walk = (start: number, end: number, unit: number, take: (chunk: Buffer) => void) => {
    const range = { least: 9, most: -1 }
    const step = Math.max(unit, Math.floor(WINDOW_BYTES / (unit * ALIGN)) * unit * ALIGN)
    for (let position = start; position < end; position += step) {
      const chunk = buffer.subarray(0, Math.min(step, end - position))
      if (source.readInto(chunk, position) < chunk.length) {
        throw new FormatError('truncated', 'became shorter while it was read', position)
      }
      windows += 1
      if (chunk.length >= LEAST_ENTROPY_BYTES) {
        const bits = entropy.of(chunk)
        range.least = Math.min(range.least, bits)
        range.most = Math.max(range.most, bits)
      }
      take(chunk)
      done += chunk.length
      progress(done)
    }
    return range.most < 0 ? null : range
  }
  const header = walk(0, dataStart, 1, () => undefined)
  const found = [...tensors]
    .sort((left, right) => left.start - right.start)
    .map(({ name, type, start, end }): TensorWeights => {
      const reader = readers.for(type)
      const range = walk(start, end, reader?.blockBytes ?? 1, (chunk) => reader?.take(chunk))
      return {
        name,
        type,
        of: reader?.of ?? null,
        bytes: end - start,
        entropy: range,
        ...(reader?.summary() ?? nothing),
      }
    })
  return { tensors: found, header, windows, bytes: done }
}

const nothing: Summary = { count: 0, nonFinite: 0, zeros: 0, mean: 0, deviation: 0, least: 0, most: 0 }
