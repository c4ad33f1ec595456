import { describe, expect, it } from 'vitest'
import type { Available } from '../../src/memory/available.ts'
import { largestFit, requireFit } from '../../src/memory/fit.ts'
import { memoryNeed } from '../../src/memory/need.ts'
import type { ModelShape } from '../../src/memory/shape.ts'

const GIB = 1024 ** 3
/** Of a model of 7 billion parameters with grouped queries, in 4 bits. */
const shape: ModelShape = {
  architecture: 'llama',
  layers: 32,
  width: 4096,
  heads: 32,
  feedForward: 14_336,
  vocabulary: 32_000,
  trainedContextTokens: 32_768,
  weightBytes: 4.1 * GIB,
  kvBytesPerToken: 32 * 8 * 256 * 2,
}
const settings = { slots: 2, contextTokens: 8192, batchTokens: 192 }
const available = (gib: number, by: 'machine' | 'cgroup' = 'machine'): Available => ({
  bytes: gib * GIB,
  limit: { by, bytes: gib * GIB },
  reserve: 0,
})
const refusal = (gib: number, by?: 'machine' | 'cgroup') => {
  try {
    requireFit('big.gguf', shape, settings, available(gib, by))
  } catch (error) {
    return error
  }
  return undefined
}

describe('a model that is to be loaded', () => {
  it('is let through where it fits', () => {
    expect(requireFit('big.gguf', shape, settings, available(8)).total).toBeLessThan(8 * GIB)
  })

  it('is refused with figures and the largest setting that fits', () => {
    expect(refusal(6)).toMatchObject({
      code: 'model_too_large',
      message: expect.stringMatching(
        /needs about 6\.\d GiB .*\(4\.1 GiB weights, 2\.0 GiB for 2 × 8192 tokens.*6\.0 GiB are free here\. With slots 2 and contextTokens 4096 it fits/,
      ),
      detail: { largest: { slots: 2, contextTokens: 4096 } },
    })
  })

  it('is refused with a smaller model as the only way where no setting fits', () => {
    expect(refusal(3, 'cgroup')).toMatchObject({
      code: 'model_too_large',
      message: expect.stringMatching(/3\.0 GiB this service may use\. Choose a smaller model/),
      detail: { largest: null },
    })
  })

  it('may lean on the memory of a graphics processor', () => {
    expect(() => requireFit('big.gguf', shape, settings, available(3), 4 * GIB)).not.toThrow()
  })

  it('is offered nothing that would not fit', () => {
    for (let gib = 4; gib < 9; gib += 0.25) {
      const largest = largestFit(shape, settings, gib * GIB)
      if (largest === undefined) continue
      expect(memoryNeed(shape, { ...settings, ...largest }).total).toBeLessThanOrEqual(gib * GIB)
    }
  })
})
