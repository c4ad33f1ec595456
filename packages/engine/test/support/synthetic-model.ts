import { type Tensor, type Typed, writeGguf } from './gguf-writer.ts'
import { randomNumbers } from './random.ts'
import { byteCharacters, CHAT_TEMPLATE } from './vocabulary.ts'

/** What follows a token, with weights: the model's whole knowledge. */
export type Chain = Readonly<Record<string, Readonly<Record<string, number>>>>

export interface SyntheticModel {
  /** Tokens beside the 256 bytes, as plain text. */
  readonly words?: readonly string[]
  readonly control?: readonly string[]
  readonly chain?: Chain
  /** Tokens that are likelier than others after anything, with the weight they get. */
  readonly favoured?: Readonly<Record<string, number>>
  readonly contextTokens?: number
  /** Idle weight, to make the model as slow as a larger one. */
  readonly size?: { readonly width: number; readonly blocks: number; readonly feedForward: number }
  readonly metadata?: Readonly<Record<string, Typed>>
  /** Metadata keys to leave out, to see what is said without them. */
  readonly without?: readonly string[]
  readonly seed?: number
}

const CONTROL = ['<|im_start|>', '<|im_end|>']
/** What a certain next token gets; noise lies between 0 and 1. */
const CERTAIN = 14

/**
 * A real llama GGUF of a few hundred kilobytes whose attention and feed-forward do nothing: what it says next depends on the
 * last token alone, as the chain tells, and is noise elsewhere. Good for everything but sense.
 */
export function writeSyntheticModel(path: string, model: SyntheticModel = {}): void {
  const bytes = byteCharacters()
  const toVocabulary = (text: string): string => [...Buffer.from(text)].map((byte) => bytes[byte]).join('')
  const control = [...CONTROL, ...(model.control ?? [])]
  // A merge needs its result in the vocabulary; llama.cpp insists on at least one.
  const words = ['he', ...(model.words ?? [])]
  const vocabulary = [...control, ...bytes, ...words.map(toVocabulary)]
  const ids = new Map(vocabulary.map((text, id) => [text, id]))
  const idOf = (text: string): number => ids.get(control.includes(text) ? text : toVocabulary(text)) as number

  const { blocks, feedForward } = model.size ?? { blocks: 1, feedForward: 32 }
  const width = Math.max(model.size?.width ?? 0, Math.ceil(vocabulary.length / 32) * 32)
  const random = randomNumbers(model.seed ?? 1)
  const logits = Array.from({ length: vocabulary.length * width }, random)
  const favour = (next: number, current: number, weight: number): void => {
    logits[next * width + current] = weight
  }
  for (const [text, weight] of Object.entries(model.favoured ?? {})) {
    for (let current = 0; current < vocabulary.length; current++) favour(idOf(text), current, weight)
  }
  for (const [current, followers] of Object.entries(model.chain ?? {})) {
    for (const [next, weight] of Object.entries(followers)) {
      favour(idOf(next), idOf(current), CERTAIN + Math.log(weight))
    }
  }

  const metadata: Record<string, Typed> = {
    'general.architecture': { text: 'llama' },
    'general.name': { text: 'synthetic' },
    'llama.context_length': { u32: model.contextTokens ?? 8192 },
    'llama.embedding_length': { u32: width },
    'llama.block_count': { u32: blocks },
    'llama.feed_forward_length': { u32: feedForward },
    'llama.attention.head_count': { u32: 2 },
    'llama.attention.layer_norm_rms_epsilon': { f32: 1e-6 },
    'tokenizer.ggml.model': { text: 'gpt2' },
    'tokenizer.ggml.pre': { text: 'default' },
    'tokenizer.ggml.tokens': { texts: vocabulary },
    'tokenizer.ggml.token_type': { i32s: vocabulary.map((_, id) => (id < control.length ? 3 : 1)) },
    'tokenizer.ggml.merges': { texts: ['h e', ...(model.words ?? []).flatMap((word) => mergesOf(toVocabulary(word)))] },
    'tokenizer.ggml.bos_token_id': { u32: 0 },
    'tokenizer.ggml.eos_token_id': { u32: 1 },
    'tokenizer.ggml.add_bos_token': { bool: false },
    'tokenizer.ggml.add_space_prefix': { bool: false },
    'tokenizer.chat_template': { text: CHAT_TEMPLATE },
    ...model.metadata,
  }
  for (const key of model.without ?? []) delete metadata[key]
  writeGguf(path, metadata, tensors({ tokens: vocabulary.length, width, blocks, feedForward, logits }))
}

interface Shape {
  readonly tokens: number
  readonly width: number
  readonly blocks: number
  readonly feedForward: number
  readonly logits: readonly number[]
}

/** One-hot embeddings, idle blocks, and the chain as the output matrix. */
function tensors({ tokens, width, blocks, feedForward, logits }: Shape): Tensor[] {
  const embedding = new Float32Array(tokens * width)
  for (let token = 0; token < tokens; token++) embedding[token * width + token] = 1
  // The norm turns the one of a one-hot row into the root of the width.
  const output = Float32Array.from(logits, (logit) => logit / Math.sqrt(width))
  const square = new Float32Array(width * width)
  const narrow = new Float32Array(width * feedForward)
  const ones = new Float32Array(width).fill(1)
  const idle: readonly (readonly [name: string, dimensions: number[], values: Float32Array<ArrayBuffer>])[] = [
    ['attn_norm', [width], ones],
    ['attn_q', [width, width], square],
    ['attn_k', [width, width], square],
    ['attn_v', [width, width], square],
    ['attn_output', [width, width], square],
    ['ffn_norm', [width], ones],
    ['ffn_gate', [width, feedForward], narrow],
    ['ffn_up', [width, feedForward], narrow],
    ['ffn_down', [feedForward, width], narrow],
  ]
  const body = Array.from({ length: blocks }, (_, block) =>
    idle.map(([name, dimensions, values]) => ({ name: `blk.${block}.${name}.weight`, dimensions, values })),
  )
  return [
    { name: 'token_embd.weight', dimensions: [width, tokens], values: embedding },
    { name: 'output_norm.weight', dimensions: [width], values: ones },
    { name: 'output.weight', dimensions: [width, tokens], values: output },
    ...body.flat(),
  ]
}

/** Merges that build a word from the left, letter by letter. Their intermediate results need tokens too, so words are short. */
function mergesOf(word: string): string[] {
  return word.length === 2 ? [`${word[0]} ${word[1]}`] : []
}
