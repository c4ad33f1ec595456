import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EngineError } from '../src/error.ts'
import { inspectModel, readGgufHeader } from '../src/gguf.ts'
import { type SyntheticModel, writeSyntheticModel } from './support/synthetic-model.ts'
import { tempFolder } from './support/temp.ts'

const folder = tempFolder()
const good = join(folder, 'good.gguf')
writeSyntheticModel(good)

describe('a model file', () => {
  it('tells its name, kind, sizes', async () => {
    expect(await inspectModel(good)).toMatchObject({
      name: 'synthetic',
      kind: 'chat',
      architecture: 'llama',
      trainedContextTokens: 8192,
    })
  })

  it('is an interpreter when it says so', async () => {
    const path = join(folder, 'interpreter.gguf')
    writeSyntheticModel(path, { metadata: { 'castellan.kind': { text: 'interpreter' } } })
    expect(await inspectModel(path)).toMatchObject({ kind: 'interpreter' })
  })

  it.each([
    ['a file that is not there', () => join(folder, 'absent.gguf'), /There is no file .*absent\.gguf/],
    ['a folder', () => made('folder', (path) => mkdirSync(path)), /is not a file/],
    // Opening it would wait for somebody who writes to it.
    ['a named pipe', () => made('pipe', (path) => execFileSync('mkfifo', [path])), /is not a file/],
    ['a path with a zero byte', () => join(folder, 'a\0b.gguf'), /zero byte/],
    ['an empty file', () => made('empty', (path) => writeFileSync(path, '')), /is empty/],
    ['a text file', () => made('text', (path) => writeFileSync(path, 'Dear diary,\n')), /is not a GGUF file/],
    ['two bytes', () => made('short', (path) => writeFileSync(path, 'GG')), /is not a GGUF file/],
    ['an old version', () => changed('old', (bytes) => bytes.writeUInt32LE(1, 4)), /GGUF version 1/],
    ['a header cut short', () => cut('head', 5000), /ends inside its header/],
    ['weights cut short', () => cut('weights', 400_000), /is cut short: it has 400000 of \d+ bytes/],
    [
      'an absurd count',
      () => changed('count', (bytes) => bytes.writeBigUInt64LE(2n ** 60n, 16)),
      /claims \d+ metadata/,
    ],
    ['an encoder', () => written('encoder', { 'general.architecture': { text: 'bert' } }), /does not write text/],
    ['no architecture', () => without('general.architecture'), /does not name its architecture/],
    ['no tokenizer', () => without('tokenizer.ggml.model'), /no tokenizer \(tokenizer\.ggml\.model/],
    ['no vocabulary', () => without('tokenizer.ggml.tokens'), /tokenizer\.ggml\.tokens/],
    ['no merges', () => without('tokenizer.ggml.merges'), /tokenizer\.ggml\.merges/],
    [
      'no head count, over which llama.cpp aborts',
      () => without('llama.attention.head_count'),
      /attention\.head_count/,
    ],
    ['no feed-forward length', () => without('llama.feed_forward_length'), /feed_forward_length/],
  ])('is refused with a sentence: %s', async (_, file, sentence) => {
    const refusal = await inspectModel(file()).catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(EngineError)
    expect(refusal).toMatchObject({ code: 'model_invalid', message: expect.stringMatching(sentence) })
  })

  it('is never a reason to fail in any other way, whatever bytes its header holds', async () => {
    const bytes = readFileSync(good)
    const path = join(folder, 'mutated.gguf')
    await fc.assert(
      fc.asyncProperty(fc.nat(3000), fc.uint8Array({ minLength: 1, maxLength: 8 }), async (at, noise) => {
        const mutated = Buffer.from(bytes)
        mutated.set(noise, at)
        writeFileSync(path, mutated)
        await inspectModel(path).catch((error: unknown) => expect(error).toBeInstanceOf(EngineError))
      }),
      { numRuns: 60 },
    )
  })

  it('keeps only the arrays that are asked for', async () => {
    const header = await readGgufHeader(good, (key) => key === 'tokenizer.ggml.merges')
    expect(header.metadata.get('tokenizer.ggml.merges')).toEqual(['h e'])
    expect(header.metadata.get('tokenizer.ggml.tokens')).toEqual({ arrayLength: 259 })
  })
})

function made(name: string, make: (path: string) => void): string {
  const path = join(folder, name)
  make(path)
  return path
}

function changed(name: string, change: (bytes: Buffer) => void): string {
  return made(name, (path) => {
    const bytes = readFileSync(good)
    change(bytes)
    writeFileSync(path, bytes)
  })
}

function cut(name: string, length: number): string {
  return made(name, (path) => {
    writeFileSync(path, readFileSync(good))
    truncateSync(path, length)
  })
}

function written(name: string, metadata: SyntheticModel['metadata'] & {}): string {
  return made(`${name}.gguf`, (path) => writeSyntheticModel(path, { metadata }))
}

function without(key: string): string {
  return made(`without-${key}.gguf`, (path) => writeSyntheticModel(path, { without: [key] }))
}
