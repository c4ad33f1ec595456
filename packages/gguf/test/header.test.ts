import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@castellan/testing'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { GgufError, inspectModel, readGgufHeader } from '../src/index.ts'

const u32 = (value: number) => Buffer.from(Uint32Array.of(value).buffer)
const u64 = (value: bigint) => Buffer.from(BigUint64Array.of(value).buffer)
const text = (value: string) => Buffer.concat([u64(BigInt(Buffer.byteLength(value))), Buffer.from(value)])
/** A key with a string, an unsigned number, or an array of strings. */
const entry = (key: string, value: string | number | string[]) =>
  typeof value === 'string'
    ? Buffer.concat([text(key), u32(8), text(value)])
    : typeof value === 'number'
      ? Buffer.concat([text(key), u32(4), u32(value)])
      : Buffer.concat([text(key), u32(9), u32(8), u64(BigInt(value.length)), ...value.map(text)])

const facts: [string, string | number | string[]][] = [
  ['general.architecture', 'llama'],
  ['general.name', 'tiny'],
  ['llama.context_length', 128],
  ['llama.embedding_length', 8],
  ['llama.block_count', 1],
  ['llama.feed_forward_length', 16],
  ['llama.attention.head_count', 1],
  ['tokenizer.ggml.model', 'llama'],
  ['tokenizer.ggml.tokens', ['a', 'b']],
]

/** A whole file: header, one tensor of 8 floats, its bytes. */
function file(entries = facts, weights = 32): Buffer {
  const tensor = Buffer.concat([text('token_embd.weight'), u32(1), u64(8n), u32(0), u64(0n)])
  const head = Buffer.concat([
    Buffer.from('GGUF'),
    u32(3),
    u64(1n),
    u64(BigInt(entries.length)),
    ...entries.map(([key, value]) => entry(key, value)),
    tensor,
  ])
  return Buffer.concat([head, Buffer.alloc((32 - (head.length % 32)) % 32), Buffer.alloc(weights)])
}

function written(bytes: Uint8Array): string {
  const path = join(temporaryFolder(), 'model.gguf')
  writeFileSync(path, bytes)
  return path
}

it('reads what a model says about itself', async () => {
  expect(await inspectModel(written(file()))).toMatchObject({
    name: 'tiny',
    kind: 'chat',
    architecture: 'llama',
    trainedContextTokens: 128,
    parameters: 8,
  })
})

it.each([
  ['weights that are cut short', file(facts, 31), /cut short: it has \d+ of \d+ bytes/],
  ['no tokenizer', file(facts.filter(([key]) => !key.startsWith('tokenizer'))), /has no tokenizer/],
  ['no architecture', file(facts.slice(1)), /does not name its architecture/],
  ['another format', Buffer.from('PK\u0003\u0004'), /not a GGUF file/],
  ['nothing', Buffer.alloc(0), /is empty/],
])('refuses a file with %s', async (_, bytes, message) => {
  await expect(inspectModel(written(bytes))).rejects.toThrow(message)
})

it('whatever bytes come, reads them or says what is wrong, and asks for no more memory than the file has', async () => {
  const whole = file()
  const damage = fc.tuple(
    fc.nat(whole.length - 1),
    fc.uint8Array({ minLength: 1, maxLength: 16 }),
    fc.nat(whole.length),
  )
  await fc.assert(
    fc.asyncProperty(damage, async ([at, bytes, length]) => {
      const damaged = Buffer.from(whole)
      damaged.set(bytes.subarray(0, damaged.length - at), at)
      const error = await readGgufHeader(written(damaged.subarray(0, length))).then(
        () => undefined,
        (reason: unknown) => reason,
      )
      if (error !== undefined) expect(error).toBeInstanceOf(GgufError)
    }),
    { numRuns: 300 },
  )
})
