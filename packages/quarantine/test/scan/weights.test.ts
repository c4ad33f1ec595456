import { randomFillSync } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { memorySource, readGguf, readSafetensors } from '../../src/formats/index.ts'
import { judgeMetadata, judgeWeights, scanWeights } from '../../src/scan/index.ts'
import { brainValues, halfValues } from '../../src/scan/numbers.ts'
import { type Entry, ggufFile, text, usualEntries, weights } from '../support/gguf.ts'
import { safetensorsFile } from '../support/safetensors.ts'

function scan(type: number, values: number, data: Buffer, entries: readonly Entry[] = usualEntries) {
  const bytes = ggufFile({ entries, tensors: [{ name: 'w', dimensions: [values], type, offset: 0 }], data })
  const source = memorySource(bytes)
  const structure = readGguf(source)
  const found = scanWeights(source, structure)
  const findings = [...judgeWeights(found), ...judgeMetadata(structure)]
  return {
    tensor: found.tensors[0],
    found,
    codes: findings.map(({ level, code }) => `${level} ${code}`),
    size: bytes.length,
  }
}

const F32 = (values: readonly number[]) => Buffer.from(Float32Array.from(values).buffer)
const U16 = (values: readonly number[]) => Buffer.from(Uint16Array.from(values).buffer)

describe('the figures of a tensor', () => {
  it('are those of its numbers, whatever they are', () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ noNaN: true, noDefaultInfinity: true, min: -1000, max: 1000 }), {
          minLength: 1,
          maxLength: 300,
        }),
        (values) => {
          const exact = Array.from(Float32Array.from(values))
          const { tensor } = scan(0, values.length, F32(values))
          const mean = exact.reduce((sum, value) => sum + value, 0) / exact.length
          expect(tensor).toMatchObject({
            of: 'values',
            count: values.length,
            nonFinite: 0,
            zeros: exact.filter((value) => value === 0).length,
            least: Math.min(...exact) + 0,
            most: Math.max(...exact) + 0,
          })
          expect(tensor?.mean).toBeCloseTo(mean, 6)
          const variance = exact.reduce((sum, value) => sum + (value - mean) ** 2, 0) / exact.length
          expect(tensor?.deviation).toBeCloseTo(Math.sqrt(variance), 4)
        },
      ),
    )
  })

  it('count NaN and infinities of each type', () => {
    expect(scan(0, 4, F32([1, Number.NaN, Number.POSITIVE_INFINITY, 2])).tensor).toMatchObject({
      count: 4,
      nonFinite: 2,
      most: 2,
    })
    expect(scan(1, 4, U16([0x3c00, 0x7c00, 0x7e00, 0])).tensor).toMatchObject({
      count: 4,
      nonFinite: 2,
      zeros: 1,
      most: 1,
    })
    expect(scan(30, 4, U16([0x3f80, 0x7f80, 0x7fc0, 0])).tensor).toMatchObject({
      count: 4,
      nonFinite: 2,
      zeros: 1,
      most: 1,
    })
  })

  it.each([
    ['Q4_0', 2, 32, 18, [0]],
    ['Q8_0', 8, 32, 34, [0]],
    ['Q4_K', 12, 256, 144, [0, 2]],
    ['Q6_K', 14, 256, 210, [208]],
    ['Q2_K', 10, 256, 84, [80, 82]],
    ['IQ4_XS', 23, 256, 136, [0]],
  ] as const)('are of the scales where the type is %s', (_name, type, values, bytes, offsets) => {
    const data = Buffer.alloc(bytes * 32)
    for (let block = 0; block < 32; block++)
      for (const offset of offsets) data.writeUInt16LE(0x3800, block * bytes + offset)
    expect(scan(type, values * 32, data).tensor).toMatchObject({
      of: 'scales',
      count: 32 * offsets.length,
      least: 0.5,
      most: 0.5,
    })
    data.writeUInt16LE(0x7e00, 7 * bytes + offsets[0])
    expect(scan(type, values * 32, data)).toMatchObject({ tensor: { nonFinite: 1 }, codes: ['refuse non_finite'] })
  })

  it('are the same however many windows a tensor has', () => {
    const values = Array.from({ length: 700_000 }, (_, index) => Math.sin(index))
    const { tensor, found, size } = scan(0, values.length, F32(values))
    expect(tensor).toMatchObject({ count: 700_000, nonFinite: 0 })
    expect(tensor?.mean).toBeCloseTo(0, 4)
    expect(found.windows).toBeGreaterThan(3)
    expect(found.bytes).toBe(size)
  })
})

describe('values of 16 bits', () => {
  it('are read as IEEE 754 and bfloat16 have them', () => {
    const [half, brain] = [halfValues(), brainValues()]
    expect([half[0x3c00], half[0xc000], half[0x0001], half[0x7bff], half[0x8000]]).toEqual([
      1,
      -2,
      2 ** -24,
      65_504,
      -0,
    ])
    expect([brain[0x3f80], brain[0xc000], brain[0x7f80]]).toEqual([1, -2, Number.POSITIVE_INFINITY])
  })
})

describe('what is not weights', () => {
  it('is noise in place of numbers', () => {
    const noise = Buffer.alloc(1_048_576)
    randomFillSync(noise)
    expect(scan(30, noise.length / 2, noise).codes).toEqual(expect.arrayContaining(['refuse noise']))
    // Exponents that keep it from having NaN do not hide it.
    for (let at = 1; at < noise.length; at += 2) noise[at] = (noise[at] as number) & 0xbf
    expect(scan(30, noise.length / 2, noise).tensor?.nonFinite).toBe(0)
  })

  it('is a file in the metadata', () => {
    const blob: Entry = ['x.payload', (writer) => writer.u32(9).u32(0).u64(2_000_000).raw(Buffer.alloc(2_000_000, 3))]
    expect(scan(0, 64, weights(64), [...usualEntries, blob]).codes).toEqual(['refuse blob'])
    const long: Entry = ['general.notes', text('a word '.repeat(20_000))]
    expect(scan(0, 64, weights(64), [...usualEntries, long]).codes).toEqual(['note long_text'])
  })

  it('is worth a word where there is nothing, or too much', () => {
    expect(scan(0, 65_536, Buffer.alloc(262_144)).codes).toEqual(['note all_zero'])
    expect(scan(0, 2, F32([1, 1e9])).codes).toEqual(['note large_values'])
    expect(scan(0, 64, weights(64)).codes).toEqual([])
  })

  it('is found in safetensors as well', () => {
    const data = U16([0x7e00, 0x3c00])
    const bytes = safetensorsFile({ w: { dtype: 'F16', shape: [2], data_offsets: [0, 4] } }, data)
    const source = memorySource(bytes)
    expect(judgeWeights(scanWeights(source, readSafetensors(source))).map(({ code }) => code)).toEqual(['non_finite'])
  })
})
