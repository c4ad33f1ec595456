import { fileURLToPath } from 'node:url'
import { ProcessConfig } from '@castellan/daemon'
import { z } from 'zod'

const BUILT_IN = fileURLToPath(new URL('../../../models/interpreter/castellan-interpreter.gguf', import.meta.url))

/** Configuration of the engine process: environment `CASTELLAN_*`, or a section of a file. */
export const EngineConfig = ProcessConfig.extend({
  /** Unix socket to listen on. */
  engineSocket: z.string().min(1),
  /** GGUF file of the model; the built-in interpreter without it. */
  model: z.string().min(1).default(BUILT_IN),
  /** Completions at once. Each slot of a chat model has a context of its own. */
  slots: z.int().min(1).max(16).default(2),
  /** Completions that may wait for a slot before the next one is refused with `busy`. */
  queue: z.int().min(0).max(1024).default(16),
  /** Largest context of a chat model, in tokens; the model's own where that is smaller. */
  contextTokens: z.int().min(512).max(1_048_576).default(8192),
  /** GGUF file of a model that makes vectors of texts, beside the one that answers; none are made without it. */
  embeddingModel: z.string().min(1).optional(),
  /** Longest text that is made a vector, in tokens; the model's own limit where that is smaller. */
  embeddingContextTokens: z.int().min(64).max(65_536).default(2048),
  /** Seconds without a request after which the embedding model leaves the memory; 0 for never. */
  embeddingIdleSeconds: z.int().min(0).max(86_400).default(300),
  /** Threads for a chat model; 0 for every core but one. */
  threads: z.int().min(0).max(512).default(0),
})
