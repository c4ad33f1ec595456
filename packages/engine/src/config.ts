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
  /** Completions that may wait for a slot before the next one is refused with `engine_queue_full`. */
  queue: z.int().min(0).max(1024).default(16),
  /** Largest context of a chat model, in tokens; the model's own where that is smaller. */
  contextTokens: z.int().min(512).max(1_048_576).default(8192),
  /** Whether a graphics processor is used where there is one. */
  gpu: z.enum(['auto', 'off']).default('auto'),
  /** Seconds without a request after which a chat model leaves the memory; 0 for never. The built-in one stays. */
  idleUnloadSeconds: z.int().min(0).max(604_800).default(1800),
  /** Seconds that a model may get no further before its process is ended and started again. */
  stallSeconds: z.int().min(1).max(3600).default(60),
  /** A llama-server on this machine that answers in place of a model file: `http://127.0.0.1:PORT` or `unix:/PATH`. */
  llamaServer: z.string().min(1).optional(),
  /** Folder of GGUF files that can be chosen by their names. */
  modelsFolder: z.string().min(1).optional(),
  /** GGUF file of a model that makes vectors of texts, beside the one that answers; none are made without it. */
  embeddingModel: z.string().min(1).optional(),
  /** Longest text that is made a vector, in tokens; the model's own limit where that is smaller. */
  embeddingContextTokens: z.int().min(64).max(65_536).default(2048),
  /** Seconds without a request after which the embedding model leaves the memory; 0 for never. */
  embeddingIdleSeconds: z.int().min(0).max(86_400).default(300),
  /** Threads for a chat model; 0 for every core but one. */
  threads: z.int().min(0).max(512).default(0),
})
