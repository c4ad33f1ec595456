import type { EngineMemoryNeed } from '@castellan/contracts'
import type { ModelShape } from './shape.ts'

/** What can be chosen about a model that is loaded. */
export interface Settings {
  readonly slots: number
  /** Of each slot. */
  readonly contextTokens: number
  /** Tokens evaluated at once, at most. */
  readonly batchTokens: number
}

/** llama.cpp gives contexts in such steps. */
const CONTEXT_STEP_TOKENS = 256
/** The worker before it has a model: node, the binding, llama.cpp. Measured. */
const PROCESS_BYTES = 110 * 1024 * 1024
/** A token's text, attributes, and places in the tokenizer's maps. Measured. */
const BYTES_PER_TOKEN_TEXT = 320
/** Allocators, alignment, whatever a release of llama.cpp adds: on top of what varies with the settings. */
const MARGIN = 1.05

/** Memory that a model takes once it is loaded with these settings, in bytes, computed from its header alone. */
export function memoryNeed(shape: ModelShape, settings: Settings): EngineMemoryNeed {
  const contextTokens = Math.ceil(settings.contextTokens / CONTEXT_STEP_TOKENS) * CONTEXT_STEP_TOKENS
  const kvCache = Math.ceil(shape.kvBytesPerToken * contextTokens * settings.slots)
  const compute = Math.ceil(settings.batchTokens * workBytesPerToken(shape, contextTokens))
  const overhead = Math.ceil(
    PROCESS_BYTES + shape.vocabulary * BYTES_PER_TOKEN_TEXT + (MARGIN - 1) * (kvCache + compute + shape.weightBytes),
  )
  const total = shape.weightBytes + kvCache + compute + overhead
  return { weights: shape.weightBytes, kvCache, compute, overhead, total }
}

/**
 * What llama.cpp reserves for one token of a batch: its scores over the vocabulary, two rows of the feed-forward layer, a few of
 * the model's width, a row of the attention's mask; 32 bits a value.
 */
function workBytesPerToken({ vocabulary, feedForward, width }: ModelShape, contextTokens: number): number {
  return 4 * (vocabulary + 2 * feedForward + 3 * width + contextTokens)
}
