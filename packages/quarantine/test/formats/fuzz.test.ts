import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FormatError, memorySource, readGguf, readSafetensors, type Structure } from '../../src/formats/index.ts'
import { malformedGguf, malformedSafetensors } from '../support/corpus.ts'
import { countedSource } from '../support/counted.ts'
import { fuzz } from '../support/fuzz.ts'
import { ggufFile, text, uint32, usualEntries } from '../support/gguf.ts'
import { safetensorsFile, usualData, usualHeader } from '../support/safetensors.ts'

/** Seconds for each parser in the long form; without it a few hundred inputs have to do. */
const long = Number(process.env.CASTELLAN_FUZZ_SECONDS ?? 0)
const SHORT_INPUTS = 600
/** What no input may take, in milliseconds; looked at in the long form only, on a machine that somebody watches. */
const HANG_MS = 2000

/** Whatever the bytes are: a structure that lies within them and does not overlap, or a refusal, after reading little more than all. */
function hold(read: (source: ReturnType<typeof countedSource>) => Structure, bytes: Buffer): void {
  const source = countedSource(memorySource(bytes))
  try {
    const { tensors } = read(source)
    let end = 0
    for (const tensor of [...tensors].sort((left, right) => left.start - right.start || left.end - right.end)) {
      if (tensor.start < end || tensor.end > bytes.length) throw new Error(`${tensor.name} lies outside`)
      if (!Number.isSafeInteger(tensor.elements)) throw new Error(`${tensor.name} has no countable values`)
      end = tensor.end
    }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
  }
  if (source.bytesRead > 4 * bytes.length + 4096)
    throw new Error(`${source.bytesRead} of ${bytes.length} bytes were read`)
}

function keepOn(): (tried: number) => boolean {
  const until = performance.now() + long * 1000
  return (tried) => (long > 0 ? performance.now() < until : tried < SHORT_INPUTS)
}

const parsers = [
  {
    name: 'GGUF',
    read: readGguf,
    seeds: [
      ggufFile(),
      ggufFile({ version: 2, alignment: 64, entries: [...usualEntries, ['general.alignment', uint32(64)]] }),
      ggufFile({ entries: [...usualEntries, ['tokenizer.chat_template', text('{{ messages }}')]] }),
      ...malformedGguf()
        .map(({ bytes }) => bytes)
        .filter(({ length }) => length < 4096),
    ],
  },
  {
    name: 'safetensors',
    read: readSafetensors,
    seeds: [
      safetensorsFile(usualHeader, usualData),
      ...malformedSafetensors()
        .map(({ bytes }) => bytes)
        .filter(({ length }) => length < 4096),
    ],
  },
]

describe.each(parsers)('the $name parser', ({ name, read, seeds }) => {
  it('holds under mutation, led by the blocks that inputs reach', { timeout: 180_000 + long * 2000 }, () => {
    let slowest = 0
    const result = fuzz({
      seeds,
      sources: '/quarantine/src/formats/',
      seed: 20_261_121,
      goOn: keepOn(),
      run(input) {
        const startedAt = performance.now()
        hold(read, input)
        slowest = Math.max(slowest, performance.now() - startedAt)
      },
    })
    expect(result.kept).toBeGreaterThan(10)
    if (long > 0) {
      console.info(`${name}: ${JSON.stringify(result)}, slowest ${slowest.toFixed(1)} ms`)
      expect(slowest).toBeLessThan(HANG_MS)
    }
  })

  it('holds for any bytes behind its first', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(64), (bytes, cut) => {
        hold(read, Buffer.concat([(seeds[0] as Buffer).subarray(0, cut), bytes]))
      }),
    )
  })
})

describe('a GGUF file of any shape', () => {
  const shape = fc.record({
    version: fc.constantFrom(2, 3),
    alignment: fc.constantFrom(8, 32, 64, 4096),
    rows: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 12 }),
  })

  it('is read back as it was written', () => {
    fc.assert(
      fc.property(shape, ({ version, alignment, rows }) => {
        let offset = 0
        const tensors = rows.map((values, index) => {
          const tensor = { name: `t.${index}`, dimensions: [values], type: 0, offset }
          offset = Math.ceil((offset + values * 4) / alignment) * alignment
          return tensor
        })
        const entries = [...usualEntries, ['general.alignment', uint32(alignment)] as const]
        const { tensors: found, dataStart } = readGguf(
          memorySource(ggufFile({ version, alignment, entries, tensors, data: Buffer.alloc(offset) })),
        )
        expect(found.map(({ name, dimensions, start }) => ({ name, dimensions, offset: start - dataStart }))).toEqual(
          tensors.map(({ name, dimensions, offset }) => ({ name, dimensions, offset })),
        )
      }),
    )
  })
})
