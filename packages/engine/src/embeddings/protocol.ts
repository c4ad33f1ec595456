import type { ErrorEnvelope } from '@castellan/contracts'

export interface EmbeddingLoad {
  readonly modelPath: string
  /** Longest text in tokens; the model's own where that is smaller. */
  readonly contextTokens: number
  /** 0 for every core but one. */
  readonly threads: number
}

export interface Embedded {
  /** Length 1; 32-bit little-endian floats in base64. */
  readonly vector: string
  readonly tokens: number
  readonly cut: boolean
}

/** What the engine tells the worker of the embedding model, one JSON message each. One `embed` at a time. */
export type EmbeddingCommand =
  | { readonly type: 'load'; readonly options: EmbeddingLoad }
  | { readonly type: 'embed'; readonly id: number; readonly inputs: readonly string[]; readonly truncate: boolean }
  | { readonly type: 'cancel'; readonly id: number }

/** What it answers. `embedded` comes once an input, in their order; `end` last, with what went wrong if anything did. */
export type EmbeddingReport =
  | { readonly type: 'ready'; readonly dimensions: number; readonly contextTokens: number }
  | { readonly type: 'failed'; readonly error: ErrorEnvelope }
  | { readonly type: 'embedded'; readonly id: number; readonly embedded: Embedded }
  | { readonly type: 'end'; readonly id: number; readonly error?: ErrorEnvelope }
