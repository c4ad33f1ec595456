import { closeSync, fstatSync, openSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { FormatError, fileSource, memorySource, readGguf, readStructure } from '../../src/formats/index.ts'
import { corpus } from '../support/corpus.ts'
import { countedSource } from '../support/counted.ts'
import { ggufFile, text, texts, uint32, usualEntries } from '../support/gguf.ts'
import { safetensorsFile, usualData, usualHeader } from '../support/safetensors.ts'

const builtIn = fileURLToPath(new URL('../../../../models/interpreter/castellan-interpreter.gguf', import.meta.url))

describe('the corpus of malformed files', () => {
  const files = corpus()

  it('has at least 120, no two alike', () => {
    expect(files.length).toBeGreaterThanOrEqual(120)
    expect(new Set(files.map(({ title }) => title)).size).toBe(files.length)
    expect(new Set(files.map(({ name, bytes }) => `${name} ${bytes.toString('base64')}`)).size).toBe(files.length)
  })

  it.each(files.map((file) => [file.title, file] as const))(
    '%s: is refused with a reason',
    (_title, { name, bytes }) => {
      let refusal: unknown
      try {
        readStructure(name, memorySource(bytes))
      } catch (error) {
        refusal = error
      }
      expect(refusal).toBeInstanceOf(FormatError)
      expect((refusal as FormatError).message).toMatch(/^[a-z]/)
    },
  )
})

describe('honest files', () => {
  it('pass: the smallest of each kind, in both versions', () => {
    for (const version of [2, 3]) {
      expect(readStructure('a.gguf', memorySource(ggufFile({ version })))).toMatchObject({ version, format: 'gguf' })
    }
    expect(readStructure('a.safetensors', memorySource(safetensorsFile(usualHeader, usualData)))).toMatchObject({
      tensors: [{ name: 'model.weight' }, { name: 'model.bias' }],
    })
  })

  it('pass: the built-in model, by its header alone', () => {
    const descriptor = openSync(builtIn, 'r')
    try {
      const { size } = fstatSync(descriptor)
      const counted = countedSource(fileSource(descriptor, size))
      const { metadata, tensors } = readGguf(counted)
      expect(metadata.get('general.architecture')).toMatchObject({ type: 'string', value: 'llama' })
      expect(tensors.length).toBeGreaterThan(10)
      expect(counted.bytesRead).toBeLessThan(size)
    } finally {
      closeSync(descriptor)
    }
  })

  it("pass: a header with today's largest vocabularies", () => {
    const tokens = Array.from({ length: 262_144 }, (_, index) => `token-${index}`)
    const merges = Array.from({ length: 514_906 }, (_, index) => `left${index} right${index}`)
    const bytes = ggufFile({
      entries: [
        ...usualEntries.filter(([key]) => key !== 'tokenizer.ggml.tokens'),
        ['tokenizer.ggml.tokens', texts(tokens)],
        ['tokenizer.ggml.merges', texts(merges)],
        ['tokenizer.chat_template', text('{{ messages }}'.repeat(4000))],
        ['tokenizer.ggml.bos_token_id', uint32(2)],
      ],
    })
    const { metadata } = readGguf(memorySource(bytes))
    expect(metadata.get('tokenizer.ggml.tokens')).toMatchObject({ items: 262_144 })
    expect(metadata.get('tokenizer.ggml.merges')).toMatchObject({ items: 514_906 })
  })

  it('pass: a safetensors header whose length has the digits of a gzip or pickle signature', () => {
    for (const length of [0x8b1f, 0x0480, 0x5a4d, 0x2123]) {
      const json = JSON.stringify(usualHeader)
      const bytes = safetensorsFile(json.padEnd(length, ' '), usualData)
      expect(readStructure('a.safetensors', memorySource(bytes)).tensors).toHaveLength(2)
    }
  })

  it('pass: safetensors with empty tensors and scalars', () => {
    const header = {
      empty: { dtype: 'F32', shape: [0, 8], data_offsets: [0, 0] },
      scalar: { dtype: 'I64', shape: [], data_offsets: [0, 8] },
      half: { dtype: 'F4', shape: [4], data_offsets: [8, 10] },
    }
    expect(
      readStructure('a.safetensors', memorySource(safetensorsFile(header, Buffer.alloc(10)))).tensors,
    ).toHaveLength(3)
  })
})
