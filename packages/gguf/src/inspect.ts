import { basename } from 'node:path'
import { GgufError } from './error.ts'
import { type GgufHeader, type GgufValue, readGgufHeader } from './header.ts'
import { tensorBytes } from './tensor-bytes.ts'

export interface ModelFacts {
  readonly name: string
  readonly kind: 'interpreter' | 'chat'
  readonly architecture: string
  /** Tokens the model was trained to see at once. */
  readonly trainedContextTokens: number
  readonly parameters: number
  readonly fileBytes: number
}

export interface EmbeddingFacts extends Omit<ModelFacts, 'kind'> {
  /** Numbers in a vector. */
  readonly dimensions: number
  /** Heads of attention. */
  readonly heads: number
}

/** Architectures that llama.cpp loads but that do not write text: encoders, projectors, vocoders. */
const NOT_WRITING = new Set([
  'bert',
  'modern-bert',
  'nomic-bert',
  'nomic-bert-moe',
  'neo-bert',
  'jina-bert-v2',
  'jina-bert-v3',
  't5encoder',
  'clip',
  'wavtokenizer-dec',
])

/** Those that make no vectors of texts, or in a way that the binding has none for. */
const NOT_EMBEDDING = new Set(['t5', 't5encoder', 'clip', 'wavtokenizer-dec'])
/** LLAMA_POOLING_TYPE_RANK in llama.h: one number for a pair of texts. */
const RANK_POOLING = 4
/** Where a model has another number in each layer. */
const FEW_HEADS = 16

/**
 * What a GGUF file says about itself, checked as far as its header allows: the file is whole, it is a model that writes text,
 * it has the tokenizer and the sizes that llama.cpp cannot do without (it ends the process over some that are missing).
 * Throws `model_invalid` with what is wrong and what to do.
 */
export async function inspectModel(path: string): Promise<ModelFacts> {
  const { header, architecture } = await readModel(path)
  if (NOT_WRITING.has(architecture)) {
    throw invalid(
      `${path} is a model of architecture ${architecture}, which does not write text. Choose an instruct or chat model.`,
    )
  }
  const kind = header.metadata.get('castellan.kind') === 'interpreter' ? 'interpreter' : 'chat'
  return { ...factsOf(path, header, architecture), kind }
}

/**
 * The same of a model that makes vectors of texts: an encoder, or one that writes and was trained for vectors as well. Throws
 * `model_invalid` also for one that only judges pairs of texts, or that is for pictures or sound.
 */
export async function inspectEmbeddingModel(path: string): Promise<EmbeddingFacts> {
  const { header, architecture } = await readModel(path)
  if (NOT_EMBEDDING.has(architecture)) {
    throw invalid(
      `${path} is a model of architecture ${architecture}, which makes no vectors of texts. Choose another.`,
    )
  }
  if (Number(header.metadata.get(`${architecture}.pooling_type`) ?? 0) === RANK_POOLING) {
    throw invalid(`${path} is a reranker: it judges pairs of texts and makes no vectors. Choose an embedding model.`)
  }
  const facts = factsOf(path, header, architecture)
  const dimensions = Number(header.metadata.get(`${architecture}.embedding_length`))
  const heads = Number(header.metadata.get(`${architecture}.attention.head_count`))
  return { ...facts, dimensions, heads: Number.isSafeInteger(heads) && heads > 0 ? heads : FEW_HEADS }
}

async function readModel(path: string): Promise<{ header: GgufHeader; architecture: string }> {
  const header = await readGgufHeader(path)
  const architecture = header.metadata.get('general.architecture')
  if (typeof architecture === 'string' && architecture !== '') return { header, architecture }
  throw invalid(`${path} does not name its architecture (general.architecture). Convert the model again.`)
}

function factsOf(path: string, header: GgufHeader, architecture: string): Omit<ModelFacts, 'kind'> {
  checkWhole(path, header)
  checkTokenizer(path, header)
  const trainedContextTokens = checkSizes(path, header, architecture)
  return {
    name: textOf(header.metadata.get('general.name')) ?? basename(path, '.gguf'),
    architecture,
    trainedContextTokens,
    parameters: header.tensors.reduce((sum, tensor) => sum + tensor.dimensions.reduce((a, b) => a * b, 1), 0),
    fileBytes: header.fileBytes,
  }
}

function checkWhole(path: string, header: GgufHeader): void {
  if (header.tensors.length === 0) {
    throw invalid(`${path} holds no weights, only a description. Give the file that holds the model itself.`)
  }
  const end = header.tensors.reduce((last, tensor) => Math.max(last, tensor.offset + tensorBytes(tensor)), 0)
  const needed = header.dataOffset + end
  if (header.fileBytes < needed) {
    throw invalid(
      `${path} is cut short: it has ${header.fileBytes} of ${needed} bytes. Copy or download the model again.`,
    )
  }
}

function checkTokenizer(path: string, header: GgufHeader): void {
  const tokens = header.metadata.get('tokenizer.ggml.tokens')
  const missing =
    textOf(header.metadata.get('tokenizer.ggml.model')) === undefined
      ? 'tokenizer.ggml.model'
      : lengthOf(tokens) === 0
        ? 'tokenizer.ggml.tokens'
        : header.metadata.get('tokenizer.ggml.model') === 'gpt2' &&
            lengthOf(header.metadata.get('tokenizer.ggml.merges')) === 0
          ? 'tokenizer.ggml.merges'
          : undefined
  if (missing === undefined) return
  throw invalid(`${path} has no tokenizer (${missing} is missing). Convert the model again with its tokenizer files.`)
}

function checkSizes(path: string, header: GgufHeader, architecture: string): number {
  const needed = ['context_length', 'embedding_length', 'block_count']
  if (architecture === 'llama') needed.push('feed_forward_length', 'attention.head_count')
  for (const key of needed) {
    const value = header.metadata.get(`${architecture}.${key}`)
    // Some architectures have one value a layer; then the array only has to be there.
    if (lengthOf(value) > 0 || (typeof value === 'number' && value > 0) || typeof value === 'bigint') continue
    throw invalid(`${path} does not say its ${key} (${architecture}.${key}). Convert the model again.`)
  }
  return Number(header.metadata.get(`${architecture}.context_length`))
}

function textOf(value: GgufValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function lengthOf(value: GgufValue | undefined): number {
  if (Array.isArray(value)) return value.length
  return typeof value === 'object' && value !== null && 'arrayLength' in value ? value.arrayLength : 0
}

function invalid(message: string): GgufError {
  return new GgufError(message)
}
