import { z } from 'zod'
import { ErrorEnvelope } from './errors.ts'

/** Texts in one request, and characters of each, at most. */
export const MAX_EMBEDDING_INPUTS = 512
export const MAX_EMBEDDING_CHARACTERS = 65_536

/** The model that makes vectors of texts; it stands beside the one that answers. */
export const EmbeddingModelFacts = z.strictObject({
  name: z.string(),
  /** SHA-256 of the GGUF file, hex. Vectors of another digest cannot be compared with this one's. */
  digest: z.string(),
  /** Numbers in a vector. */
  dimensions: z.int().positive(),
  /** Longest text, in tokens, with the marks that the model sets around it. */
  contextTokens: z.int().positive(),
})
export type EmbeddingModelFacts = z.infer<typeof EmbeddingModelFacts>

/**
 * `GET /v1/embeddings` on engine.sock. `off`: none is configured. `idle`: it is not in memory, the next request loads it. `model`
 * is known once it was loaded for the first time.
 */
export const EngineEmbeddingState = z.strictObject({
  state: z.enum(['off', 'idle', 'loading', 'ready', 'failed']),
  model: EmbeddingModelFacts.nullable(),
  error: ErrorEnvelope.optional(),
})
export type EngineEmbeddingState = z.infer<typeof EngineEmbeddingState>

/**
 * `POST /v1/embeddings` on engine.sock. Refused with `embeddings_off` without a model, `input_too_long` (413) for a text that the
 * model cannot take whole, `engine_queue_full` while too many wait; closing the request cancels it.
 */
export const EngineEmbeddingRequest = z.strictObject({
  inputs: z.array(z.string().min(1).max(MAX_EMBEDDING_CHARACTERS)).min(1).max(MAX_EMBEDDING_INPUTS),
  /** Whether a text that is too long is cut at its end in place of a refusal. */
  truncate: z.boolean().default(false),
})
export type EngineEmbeddingRequest = z.input<typeof EngineEmbeddingRequest>

/** A vector of length 1, as 32-bit little-endian floats in base64. */
const Vector = z.base64()

export const EngineEmbeddings = z.strictObject({
  model: EmbeddingModelFacts,
  /** In the order of the inputs. `cut`: the text was too long, and this is of its beginning. */
  vectors: z.array(z.strictObject({ vector: Vector, tokens: z.int(), cut: z.boolean() })),
})
export type EngineEmbeddings = z.infer<typeof EngineEmbeddings>
