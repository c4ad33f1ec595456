import { describe, expect, it } from 'vitest'
import { memoryNeed, refuseTooLarge } from '../../src/embeddings/memory.ts'

const MIB = 1024 * 1024
const facts = {
  ...{ name: 'bge', architecture: 'bert', trainedContextTokens: 8192, parameters: 568_000_000 },
  ...{ fileBytes: 600 * MIB, dimensions: 1024, heads: 16 },
}

describe('the memory of an embedding model', () => {
  it('is more than its weights, and grows faster than the length of texts', () => {
    expect(memoryNeed(facts, 512)).toBeGreaterThan(facts.fileBytes)
    const short = memoryNeed(facts, 2048) - memoryNeed(facts, 1024)
    const long = memoryNeed(facts, 8192) - memoryNeed(facts, 4096)
    expect(long).toBeGreaterThan(short * 4)
  })

  it('refuses what does not fit with figures and the longest text that would', () => {
    expect(() => refuseTooLarge(facts, 512, 2000 * MIB)).not.toThrow()
    expect(() => refuseTooLarge(facts, 8192, 2000 * MIB)).toThrow(
      expect.objectContaining({
        code: 'model_too_large',
        message: expect.stringMatching(
          /needs about \d+ MiB for texts of 8192 tokens and 1872 MiB are left.*at most 2048/,
        ),
        detail: expect.objectContaining({ fits: 2048 }),
      }),
    )
    expect(() => refuseTooLarge(facts, 512, 400 * MIB)).toThrow(/Choose a smaller embedding model/)
  })
})
