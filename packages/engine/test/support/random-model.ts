import { type Tensor, type Typed, writeGguf } from './gguf-writer.ts'
import { randomNumbers } from './random.ts'
import { byteCharacters, CHAT_TEMPLATE } from './vocabulary.ts'

export interface RandomModel {
  readonly architecture?: 'llama' | 'qwen2'
  readonly layers?: number
  readonly width?: number
  readonly heads?: number
  /** Fewer than `heads`: several queries share a key (grouped-query attention). */
  readonly kvHeads?: number
  readonly feedForward?: number
  /** 256 bytes, three markers, and pairs and triples of letters up to so many. */
  readonly vocabulary?: number
  readonly contextTokens?: number
  readonly seed?: number
  readonly chatTemplate?: string
  readonly metadata?: Readonly<Record<string, Typed>>
}

const CONTROL = ['<|im_start|>', '<|im_end|>', '<think>', '</think>']

/**
 * A GGUF of a real architecture in which everything computes, with random weights (Q8_0): what it says is noise, what it takes
 * in time and memory is what a trained one of its shape takes.
 */
export function writeRandomModel(path: string, model: RandomModel = {}): void {
  const { architecture = 'llama', layers = 2, width = 128, heads = 4, kvHeads = heads, feedForward = 256 } = model
  const { vocabulary, merges } = makeVocabulary(model.vocabulary ?? 1024)
  const size = { layers, width, kvWidth: (width / heads) * kvHeads, feedForward, tokens: vocabulary.length }
  const metadata: Record<string, Typed> = {
    'general.architecture': { text: architecture },
    'general.name': { text: 'random' },
    [`${architecture}.context_length`]: { u32: model.contextTokens ?? 32_768 },
    [`${architecture}.embedding_length`]: { u32: width },
    [`${architecture}.block_count`]: { u32: layers },
    [`${architecture}.feed_forward_length`]: { u32: feedForward },
    [`${architecture}.attention.head_count`]: { u32: heads },
    [`${architecture}.attention.head_count_kv`]: { u32: kvHeads },
    [`${architecture}.attention.layer_norm_rms_epsilon`]: { f32: 1e-6 },
    'tokenizer.ggml.model': { text: 'gpt2' },
    'tokenizer.ggml.pre': { text: 'default' },
    'tokenizer.ggml.tokens': { texts: vocabulary },
    'tokenizer.ggml.token_type': { i32s: vocabulary.map((_, id) => (id < CONTROL.length ? 3 : 1)) },
    'tokenizer.ggml.merges': { texts: merges },
    'tokenizer.ggml.bos_token_id': { u32: 0 },
    'tokenizer.ggml.eos_token_id': { u32: 1 },
    'tokenizer.ggml.add_bos_token': { bool: false },
    'tokenizer.ggml.add_space_prefix': { bool: false },
    'tokenizer.chat_template': { text: model.chatTemplate ?? CHAT_TEMPLATE },
    ...model.metadata,
  }
  writeGguf(path, metadata, tensors(size, architecture, randomNumbers(model.seed ?? 1)))
}

/** Letters merge in pairs and pairs with letters, so that text takes about as many tokens as with a real vocabulary of that size. */
function makeVocabulary(size: number): { vocabulary: string[]; merges: string[] } {
  const letters = [...'etaoinshrdlcumwfgypbvkjxqz']
  const vocabulary = [...CONTROL, ...byteCharacters()]
  const merges: string[] = []
  const add = (left: string, right: string): void => {
    if (vocabulary.length >= size) return
    merges.push(`${left} ${right}`)
    vocabulary.push(left + right)
  }
  for (const first of letters) for (const second of letters) add(first, second)
  for (const first of letters) for (const second of letters) for (const third of letters) add(first + second, third)
  return { vocabulary, merges: merges.length > 0 ? merges : ['h e'] }
}

interface Size {
  readonly layers: number
  readonly width: number
  readonly kvWidth: number
  readonly feedForward: number
  readonly tokens: number
}

function tensors(size: Size, architecture: string, random: () => number): Tensor[] {
  const { layers, width, kvWidth, feedForward, tokens } = size
  const norm = (name: string): Tensor => ({ name, dimensions: [width], values: new Float32Array(width).fill(1) })
  const matrix = (name: string, input: number, output: number): Tensor => ({
    name,
    dimensions: [input, output],
    q8: randomQ8(input * output, 1.7 / Math.sqrt(input), random),
  })
  const bias = (name: string, length: number): Tensor => ({
    name,
    dimensions: [length],
    values: new Float32Array(length),
  })
  const blocks = Array.from({ length: layers }, (_, layer) => {
    const at = (name: string): string => `blk.${layer}.${name}`
    return [
      norm(at('attn_norm.weight')),
      matrix(at('attn_q.weight'), width, width),
      matrix(at('attn_k.weight'), width, kvWidth),
      matrix(at('attn_v.weight'), width, kvWidth),
      ...(architecture === 'qwen2'
        ? [bias(at('attn_q.bias'), width), bias(at('attn_k.bias'), kvWidth), bias(at('attn_v.bias'), kvWidth)]
        : []),
      matrix(at('attn_output.weight'), width, width),
      norm(at('ffn_norm.weight')),
      matrix(at('ffn_gate.weight'), width, feedForward),
      matrix(at('ffn_up.weight'), width, feedForward),
      matrix(at('ffn_down.weight'), feedForward, width),
    ]
  })
  return [
    matrix('token_embd.weight', width, tokens),
    norm('output_norm.weight'),
    matrix('output.weight', width, tokens),
    ...blocks.flat(),
  ]
}

const BLOCK = 32

/** Blocks of 32 signed bytes under one scale (ggml's Q8_0). Evenly spread values of about `deviation`. */
function randomQ8(count: number, deviation: number, random: () => number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array((count / BLOCK) * (BLOCK + 2))
  const scale = halfFloat((deviation * Math.sqrt(3)) / 127)
  let state = Math.floor(random() * 0xffffffff) | 1
  for (let at = 0; at < bytes.length; at += BLOCK + 2) {
    bytes[at] = scale & 0xff
    bytes[at + 1] = scale >> 8
    for (let index = 2; index < BLOCK + 2; index++) {
      // Xorshift: quick enough for a hundred million values.
      state ^= state << 13
      state ^= state >>> 17
      state ^= state << 5
      bytes[at + index] = state & 0xff
    }
  }
  return bytes
}

/** The bits of a small positive number as an IEEE 754 half. */
function halfFloat(value: number): number {
  const exponent = Math.floor(Math.log2(value))
  const fraction = Math.round((value / 2 ** exponent - 1) * 1024)
  return ((exponent + 15) << 10) + fraction
}
