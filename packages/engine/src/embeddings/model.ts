import { availableParallelism } from 'node:os'
import type { LlamaEmbeddingContext, LlamaModel, Token } from 'node-llama-cpp'
import { EngineError } from '../error.ts'
import { loadError, loadLlama } from '../worker/llama.ts'
import { LONGEST_RUN, tooLongRun } from '../worker/runs.ts'
import type { Embedded, EmbeddingLoad } from './protocol.ts'
import { normalised, vectorText } from './vector.ts'

/** Marks that a tokenizer sets around a text at most: one before it, one after. */
const MARKS = 2

/** An embedding model in llama.cpp, with the pooling that its file asks for. */
export class EmbeddingModel {
  readonly dimensions: number
  readonly contextTokens: number
  readonly #model: LlamaModel
  readonly #context: LlamaEmbeddingContext

  private constructor(model: LlamaModel, context: LlamaEmbeddingContext, contextTokens: number) {
    this.dimensions = model.embeddingVectorSize
    this.contextTokens = contextTokens
    this.#model = model
    this.#context = context
  }

  /** Throws `model_invalid`, or `engine_unavailable` when it does not fit. */
  static async load({ modelPath, contextTokens, threads }: EmbeddingLoad): Promise<EmbeddingModel> {
    const count = threads === 0 ? Math.max(1, availableParallelism() - 1) : threads
    const { model } = await loadLlama(modelPath, true, count)
    const size = Math.min(contextTokens, model.trainContextSize)
    // What attends to all of a text needs it whole: a batch as large as the context.
    const context = await model
      .createEmbeddingContext({ contextSize: size, batchSize: size, threads: count })
      .catch((cause: unknown) => {
        throw loadError(modelPath, cause)
      })
    return new EmbeddingModel(model, context, size)
  }

  /** The vector of a text. Throws `input_too_long` where it may not be cut, `invalid_request` where it is blank or no tokenizer is safe with it, `model_invalid` where no vector comes out. */
  async embed(text: string, position: number, truncate: boolean): Promise<Embedded> {
    const run = tooLongRun(text)
    if (run !== undefined) {
      throw new EngineError(
        'invalid_request',
        `Text ${position + 1} has ${run} letters, digits, spaces or signs in a row, and the embedding model reads ${LONGEST_RUN} at most. Shorten it.`,
      )
    }
    const all = this.#model.tokenize(text)
    // The binding wants the context larger than the text with its marks.
    const room = this.contextTokens - MARKS - 1
    if (all.length > room && !truncate) {
      throw new EngineError(
        'input_too_long',
        `Text ${position + 1} has ${all.length} tokens and the embedding model takes ${room}. Make it shorter, or cut it into parts.`,
        { detail: { input: position, tokens: all.length, limit: room } },
      )
    }
    if (all.length === 0) {
      throw new EngineError('invalid_request', `Text ${position + 1} holds nothing that the embedding model reads.`)
    }
    const tokens: Token[] = all.slice(0, room)
    const { vector } = await this.#context.getEmbeddingFor(tokens)
    return {
      vector: vectorText(this.#checked(vector)),
      tokens: tokens.length,
      cut: tokens.length < all.length,
    }
  }

  #checked(vector: readonly number[]): Float32Array {
    const unit = vector.length === this.dimensions ? normalised(vector) : undefined
    if (unit !== undefined) return unit
    throw new EngineError(
      'model_invalid',
      'The embedding model made no vector of a text, or one that is no direction. Choose another embedding model.',
    )
  }
}
