import type { GgufHeader, GgufValue } from '@castellan/gguf'
import { readGgufHeader } from '../gguf.ts'

/** What a model's header says about the memory it will take. */
export interface ModelShape {
  readonly architecture: string
  readonly layers: number
  readonly width: number
  readonly heads: number
  readonly feedForward: number
  readonly vocabulary: number
  readonly trainedContextTokens: number
  /** Bytes of the tensors, as they lie in the file. */
  readonly weightBytes: number
  /** Bytes of keys and values of one token, over all layers, 16 bits a value. */
  readonly kvBytesPerToken: number
}

const BYTES_PER_KV_VALUE = 2

/** Reads the shape of a GGUF model. Throws `model_invalid` as {@link readGgufHeader} does. */
export async function readShape(path: string): Promise<ModelShape> {
  return shapeOf(await readGgufHeader(path, (key) => /\.(head_count|head_count_kv|feed_forward_length)$/.test(key)))
}

/** Sizes by the keys of ggml's `docs/gguf.md`; one that is missing there counts as the convention says. */
export function shapeOf(header: GgufHeader): ModelShape {
  const architecture = String(header.metadata.get('general.architecture') ?? '')
  const value = (key: string): GgufValue | undefined => header.metadata.get(`${architecture}.${key}`)
  const layers = firstNumber(value('block_count'), 0)
  const width = firstNumber(value('embedding_length'), 0)
  const perLayer = (key: string, missing: number): number[] => numbersOf(value(key), layers, missing)
  const heads = perLayer('attention.head_count', 1)
  const kvHeads = numbersOf(value('attention.head_count_kv'), layers, heads[0] ?? 1)
  const mostHeads = Math.max(1, ...heads)
  const keyLength = firstNumber(value('attention.key_length'), width / mostHeads)
  const valueLength = firstNumber(value('attention.value_length'), width / mostHeads)
  const kvValues = kvHeads.reduce((sum, count) => sum + count * (keyLength + valueLength), 0)
  return {
    architecture,
    layers,
    width,
    heads: mostHeads,
    feedForward: Math.max(0, ...perLayer('feed_forward_length', width * 4)),
    vocabulary: lengthOf(header.metadata.get('tokenizer.ggml.tokens')),
    trainedContextTokens: firstNumber(value('context_length'), 0),
    weightBytes: Math.max(0, header.fileBytes - header.dataOffset),
    kvBytesPerToken: kvValues * BYTES_PER_KV_VALUE,
  }
}

function numbersOf(value: GgufValue | undefined, layers: number, missing: number): number[] {
  if (Array.isArray(value)) return value.map((item) => Number(item))
  const one = firstNumber(value, missing)
  return Array.from({ length: layers }, () => one)
}

function firstNumber(value: GgufValue | undefined, missing: number): number {
  const number = typeof value === 'number' || typeof value === 'bigint' ? Number(value) : Number.NaN
  return Number.isFinite(number) ? number : missing
}

function lengthOf(value: GgufValue | undefined): number {
  if (Array.isArray(value)) return value.length
  return typeof value === 'object' && value !== null && 'arrayLength' in value ? value.arrayLength : 0
}
