import { Buffer } from 'node:buffer'

/** Writes GGUF files, right and wrong ones: nothing here checks anything. */
export class GgufWriter {
  readonly #parts: Buffer[] = []

  raw(bytes: Uint8Array | readonly number[]): this {
    this.#parts.push(Buffer.from(bytes))
    return this
  }

  u8(value: number): this {
    return this.raw([value & 0xff])
  }

  u32(value: number): this {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32LE(value >>> 0)
    return this.raw(bytes)
  }

  u64(value: bigint | number): this {
    const bytes = Buffer.alloc(8)
    bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)))
    return this.raw(bytes)
  }

  text(text: string | Uint8Array, length?: bigint | number): this {
    const bytes = typeof text === 'string' ? Buffer.from(text) : Buffer.from(text)
    return this.u64(length ?? bytes.length).raw(bytes)
  }

  bytes(): Buffer {
    return Buffer.concat(this.#parts)
  }
}

export type Entry = readonly [key: string | Uint8Array, write: (writer: GgufWriter) => void]

export interface TensorSpec {
  readonly name: string | Uint8Array
  readonly dimensions: readonly (number | bigint)[]
  readonly type: number
  readonly offset: number | bigint
  readonly rank?: number
}

export interface FileSpec {
  readonly magic?: string
  readonly version?: number
  readonly entries?: readonly Entry[]
  readonly entryCount?: number | bigint
  readonly tensors?: readonly TensorSpec[]
  readonly tensorCount?: number | bigint
  readonly alignment?: number
  readonly data?: Uint8Array
  readonly padding?: number
}

export const text =
  (value: string | Uint8Array, length?: bigint | number) =>
  (writer: GgufWriter): unknown =>
    writer.u32(8).text(value, length)
export const uint32 =
  (value: number) =>
  (writer: GgufWriter): unknown =>
    writer.u32(4).u32(value)
export const texts =
  (values: readonly string[], count?: bigint | number) =>
  (writer: GgufWriter): unknown => {
    writer
      .u32(9)
      .u32(8)
      .u64(count ?? values.length)
    for (const value of values) writer.text(value)
    return writer
  }

export const usualEntries: readonly Entry[] = [
  ['general.architecture', text('llama')],
  ['general.name', text('test')],
  ['llama.context_length', uint32(512)],
  ['llama.embedding_length', uint32(32)],
  ['llama.block_count', uint32(1)],
  ['llama.feed_forward_length', uint32(64)],
  ['llama.attention.head_count', uint32(1)],
  ['tokenizer.ggml.model', text('llama')],
  ['tokenizer.ggml.tokens', texts(['a', 'b', 'c'])],
]

/** Two tensors of F32, 32 values (128 bytes) each. */
export const usualTensors: readonly TensorSpec[] = [
  { name: 'token_embd.weight', dimensions: [32], type: 0, offset: 0 },
  { name: 'output_norm.weight', dimensions: [32], type: 0, offset: 128 },
]

export function ggufFile(spec: FileSpec = {}): Buffer {
  const entries = spec.entries ?? usualEntries
  const tensors = spec.tensors ?? usualTensors
  const writer = new GgufWriter()
    .raw(Buffer.from(spec.magic ?? 'GGUF'))
    .u32(spec.version ?? 3)
    .u64(spec.tensorCount ?? tensors.length)
    .u64(spec.entryCount ?? entries.length)
  for (const [key, write] of entries) {
    writer.text(key)
    write(writer)
  }
  for (const { name, dimensions, type, offset, rank } of tensors) {
    writer.text(name).u32(rank ?? dimensions.length)
    for (const dimension of dimensions) writer.u64(dimension)
    writer.u32(type).u64(offset)
  }
  const alignment = spec.alignment ?? 32
  const length = writer.bytes().length
  const padding = spec.padding ?? (alignment - (length % alignment)) % alignment
  return writer
    .raw(Buffer.alloc(padding))
    .raw(spec.data ?? weights(64))
    .bytes()
}

/** Small F32 numbers as a trained model has them. */
export function weights(count: number): Buffer {
  return Buffer.from(Float32Array.from({ length: count }, (_, index) => Math.sin(index) / 8).buffer)
}
