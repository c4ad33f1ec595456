import { describe, expect, it } from 'vitest'
import { UsageError } from '../../src/exit.ts'
import { wantedAt, wantedFrom } from '../../src/models/add.ts'
import { addressOf, bytesOf, catalogue } from '../../src/models/catalogue.ts'
import { fit, memoryNeed, smallestHost } from '../../src/models/fit.ts'

const named = (name: string) => catalogue.find((entry) => entry.name === name) ?? catalogue[0]

describe('the catalogue', () => {
  it('names each model once, smallest first, with all that a person has to know', () => {
    expect(new Set(catalogue.map(({ name }) => name)).size).toBe(catalogue.length)
    const sizes = catalogue.map(bytesOf)
    expect(sizes).toEqual([...sizes].sort((left, right) => left - right))
    for (const { file, licence, goodFor, repository } of catalogue) {
      expect(file).toMatch(/^[A-Za-z0-9][A-Za-z0-9._-]*\.gguf$/)
      expect(repository).toMatch(/^[\w.-]+\/[\w.-]+$/)
      expect(licence).not.toBe('')
      expect(goodFor.length).toBeGreaterThan(20)
    }
  })

  it('pins a digest only together with the revision and the size that it is of', () => {
    for (const { sha256, revision, bytes } of catalogue) {
      if (sha256 === undefined) continue
      expect(sha256).toMatch(/^[0-9a-f]{64}$/)
      expect(revision).toMatch(/^[0-9a-f]{40}$/)
      expect(bytes).toHaveProperty('exact')
    }
  })

  it('says what is not free about a licence', () => {
    for (const { licence, terms } of catalogue) {
      if (licence.startsWith('Llama')) expect(terms).toContain('acceptable-use')
    }
  })

  it('leads to the publisher’s own file', () => {
    expect(addressOf(named('qwen3-4b') as never).href).toBe(
      'https://huggingface.co/Qwen/Qwen3-4B-GGUF/resolve/bc640142c66e1fdd12af0bd68f40445458f3869b/Qwen3-4B-Q4_K_M.gguf',
    )
    expect(wantedFrom(named('qwen3-14b') as never)).toMatchObject({ sha256: undefined, bytes: 9_001_752_960 })
  })
})

describe('how a model fits', () => {
  const entry = named('qwen3-4b') as never

  it('is reckoned with the weights, the contexts of all slots, and what it works in', () => {
    const few = memoryNeed(entry, { slots: 1, contextTokens: 4096 })
    const many = memoryNeed(entry, { slots: 4, contextTokens: 4096 })
    expect(few).toBeGreaterThan(2_497_280_256)
    // 36 blocks, 8 heads of 128, keys and values, two bytes each.
    expect(many - few).toBe(3 * 4096 * 36 * 8 * 128 * 2 * 2)
  })

  it('is said in three words', () => {
    const needs = memoryNeed(entry)
    expect(fit(entry, needs * 2).verdict).toBe('fits')
    expect(fit(entry, needs * 1.1).verdict).toBe('tight')
    expect(fit(entry, needs - 1).verdict).toBe('too large')
    expect(smallestHost(entry)).toBe(8_000_000_000)
  })
})

describe('an address', () => {
  const rest = { hosts: [] }

  it('is that of a GGUF file over https; the hub may lead to its own hosts', () => {
    const wanted = wantedAt('https://huggingface.co/a/b/resolve/main/x.gguf?download=true', rest)
    expect(wanted).toMatchObject({ file: 'x.gguf', hosts: ['*.hf.co', '*.huggingface.co'] })
    expect(wantedAt('https://models.example.org/x.gguf', rest).hosts).toEqual([])
  })

  it.each([
    'http://models.example.org/x.gguf',
    'https://models.example.org/x.safetensors',
    'https://models.example.org/..%2f..%2fetc%2fx.gguf',
    'https://models.example.org/.gguf',
    'https://models.example.org/%E0%A4%A.gguf',
    'file:///etc/x.gguf',
    'x.gguf',
  ])('%s is none', (text) => {
    expect(() => wantedAt(text, rest)).toThrow(UsageError)
  })
})
