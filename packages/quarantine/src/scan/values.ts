import { brainValues, Collector, exponentValues, halfValues, PatternCounts, type Summary } from './numbers.ts'

/** Takes the bytes of one tensor, whole blocks at a time, in order. */
export interface Reader {
  /** Bytes that belong together: chunks are multiples of it. */
  readonly blockBytes: number
  /** What the summary is of: the values, or of a quantised type the scales of its blocks. */
  readonly of: 'values' | 'scales'
  take(chunk: Buffer): void
  summary(): Summary
}

/** Where the scales of a quantised type lie in a block (ggml-common.h), each a half-precision number. */
const scales: Readonly<Record<string, readonly [blockBytes: number, ...offsets: number[]]>> = {
  Q4_0: [18, 0],
  Q4_1: [20, 0, 2],
  Q5_0: [22, 0],
  Q5_1: [24, 0, 2],
  Q8_0: [34, 0],
  Q8_1: [36, 0, 2],
  Q2_K: [84, 80, 82],
  Q3_K: [110, 108],
  Q4_K: [144, 0, 2],
  Q5_K: [176, 0, 2],
  Q6_K: [210, 208],
  IQ2_XXS: [66, 0],
  IQ2_XS: [74, 0],
  IQ3_XXS: [98, 0],
  IQ1_S: [50, 0],
  IQ4_NL: [18, 0],
  IQ3_S: [110, 0],
  IQ2_S: [82, 0],
  IQ4_XS: [136, 0],
  TQ1_0: [54, 52],
  TQ2_0: [66, 64],
}

/** Makes a reader for each tensor, over tables that are built once. */
export class Readers {
  readonly #half = halfValues()
  readonly #brain = brainValues()
  readonly #exponent = exponentValues()

  /** Undefined for types whose bytes are any number: integers, and those whose scales lie among their bits. */
  for(type: string): Reader | undefined {
    if (type === 'F32') return floats()
    if (type === 'F64') return doubles()
    if (type === 'F16') return patterns(this.#half)
    if (type === 'BF16') return patterns(this.#brain)
    if (type === 'MXFP4') return exponents(this.#exponent)
    if (type === 'Q8_K') return floatScales(292)
    const [blockBytes, ...offsets] = scales[type] ?? []
    return blockBytes === undefined ? undefined : halfScales(blockBytes, offsets, this.#half)
  }
}

function floats(): Reader {
  const collector = new Collector()
  return {
    blockBytes: 4,
    of: 'values',
    take: (chunk) => collector.addFloats(new Float32Array(chunk.buffer, chunk.byteOffset, chunk.length / 4)),
    summary: () => collector.summary(),
  }
}

function doubles(): Reader {
  const collector = new Collector()
  return {
    blockBytes: 8,
    of: 'values',
    take(chunk) {
      for (let at = 0; at < chunk.length; at += 8) collector.add(chunk.readDoubleLE(at), 1)
    },
    summary: () => collector.summary(),
  }
}

function patterns(values: Float32Array): Reader {
  const counts = new PatternCounts()
  return {
    blockBytes: 2,
    of: 'values',
    take: (chunk) => counts.addAll(new Uint16Array(chunk.buffer, chunk.byteOffset, chunk.length / 2)),
    summary: () => counts.summary(values),
  }
}

function halfScales(blockBytes: number, offsets: readonly number[], values: Float32Array): Reader {
  const counts = new PatternCounts()
  return {
    blockBytes,
    of: 'scales',
    take(chunk) {
      for (const offset of offsets) {
        for (let at = offset; at < chunk.length; at += blockBytes) {
          counts.add((chunk[at] as number) | ((chunk[at + 1] as number) << 8))
        }
      }
    },
    summary: () => counts.summary(values),
  }
}

function floatScales(blockBytes: number): Reader {
  const collector = new Collector()
  return {
    blockBytes,
    of: 'scales',
    take(chunk) {
      for (let at = 0; at < chunk.length; at += blockBytes) collector.add(chunk.readFloatLE(at), 1)
    },
    summary: () => collector.summary(),
  }
}

function exponents(values: Float32Array): Reader {
  const collector = new Collector()
  return {
    blockBytes: 17,
    of: 'scales',
    take(chunk) {
      for (let at = 0; at < chunk.length; at += 17) collector.add(values[chunk[at] as number] as number, 1)
    },
    summary: () => collector.summary(),
  }
}
