import { type Tensor, type Typed, writeGguf } from './gguf-writer.ts'
import { randomNumbers } from './random.ts'

export interface SyntheticEmbedding {
  /** Words of two letters and more that the model knows, beside letters and digits. Those of one group mean nearly the same to it. */
  readonly groups: readonly (readonly string[])[]
  readonly width?: number
  readonly contextTokens?: number
  readonly seed?: number
}

const SPECIAL = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]']
/** What begins a word in llama.cpp's WordPiece vocabulary; pieces within a word have nothing before them. */
const WORD_START = '▁'
const LETTERS = [...'abcdefghijklmnopqrstuvwxyz0123456789']
/** How far words of one group lie from each other, and how much the blocks stir, both as shares of a random direction. */
const WITHIN_GROUP = 0.15
const STIR = 0.02
const FEED_FORWARD = 32

/**
 * A real GGUF of architecture bert (mean pooling, WordPiece) of some kilobytes: random directions for words, nearly the same
 * ones for words of a group, through one real but gentle block. Keys and tensor names are those that llama.cpp reads for
 * LLM_ARCH_BERT.
 */
export function writeSyntheticEmbedding(path: string, model: SyntheticEmbedding): void {
  const { groups, width = 64, contextTokens = 512, seed = 1 } = model
  const uniform = randomNumbers(seed)
  const random = (length: number, scale: number): Float32Array<ArrayBuffer> =>
    Float32Array.from({ length }, () => (uniform() * 2 - 1) * scale)
  const words = groups.flat()
  const vocabulary = [...SPECIAL, ...LETTERS.map((letter) => WORD_START + letter), ...LETTERS]
  const first = vocabulary.length
  vocabulary.push(...words.map((word) => WORD_START + word))

  const embedding = random(vocabulary.length * width, 1)
  // Special tokens stand in every text and say nothing.
  embedding.fill(0, 0, SPECIAL.length * width)
  let token = first
  for (const group of groups) {
    const direction = random(width, 1)
    for (const _ of group) {
      const own = random(width, WITHIN_GROUP)
      embedding.set(
        direction.map((value, at) => value + (own[at] as number)),
        token * width,
      )
      token++
    }
  }

  const metadata: Record<string, Typed> = {
    'general.architecture': { text: 'bert' },
    'general.name': { text: 'synthetic-embedding' },
    'bert.context_length': { u32: contextTokens },
    'bert.embedding_length': { u32: width },
    'bert.block_count': { u32: 1 },
    'bert.feed_forward_length': { u32: FEED_FORWARD },
    'bert.attention.head_count': { u32: 2 },
    'bert.attention.layer_norm_epsilon': { f32: 1e-12 },
    'bert.attention.causal': { bool: false },
    'bert.pooling_type': { u32: 1 },
    'tokenizer.ggml.model': { text: 'bert' },
    'tokenizer.ggml.pre': { text: 'default' },
    'tokenizer.ggml.token_type_count': { u32: 2 },
    'tokenizer.ggml.tokens': { texts: vocabulary },
    'tokenizer.ggml.token_type': { i32s: vocabulary.map((_, id) => (id < SPECIAL.length ? 3 : 1)) },
    'tokenizer.ggml.padding_token_id': { u32: 0 },
    'tokenizer.ggml.unknown_token_id': { u32: 1 },
    'tokenizer.ggml.cls_token_id': { u32: 2 },
    'tokenizer.ggml.bos_token_id': { u32: 2 },
    'tokenizer.ggml.seperator_token_id': { u32: 3 },
    'tokenizer.ggml.eos_token_id': { u32: 3 },
    'tokenizer.ggml.mask_token_id': { u32: 4 },
  }
  const norm = (name: string): Tensor[] => [
    { name: `${name}.weight`, dimensions: [width], values: new Float32Array(width).fill(1) },
    { name: `${name}.bias`, dimensions: [width], values: new Float32Array(width) },
  ]
  const linear = (name: string, from: number, to: number): Tensor[] => [
    { name: `${name}.weight`, dimensions: [from, to], values: random(from * to, STIR) },
    { name: `${name}.bias`, dimensions: [to], values: new Float32Array(to) },
  ]
  writeGguf(path, metadata, [
    { name: 'token_embd.weight', dimensions: [width, vocabulary.length], values: embedding },
    { name: 'token_types.weight', dimensions: [width, 2], values: new Float32Array(width * 2) },
    {
      name: 'position_embd.weight',
      dimensions: [width, contextTokens],
      values: random(width * contextTokens, STIR),
    },
    ...norm('token_embd_norm'),
    ...['attn_q', 'attn_k', 'attn_v', 'attn_output'].flatMap((name) => linear(`blk.0.${name}`, width, width)),
    ...norm('blk.0.attn_output_norm'),
    ...linear('blk.0.ffn_up', width, FEED_FORWARD),
    ...linear('blk.0.ffn_down', FEED_FORWARD, width),
    ...norm('blk.0.layer_output_norm'),
  ])
}
