import type { ErrorCode, ErrorEnvelope } from '@castellan/contracts'

/** What can go wrong with a model, as codes of the common catalogue. */
export type EngineErrorCode = Extract<
  ErrorCode,
  | 'model_invalid'
  | 'model_too_large'
  | 'model_untrusted'
  | 'engine_unavailable'
  | 'context_full'
  | 'busy'
  | 'input_too_long'
  | 'invalid_request'
>

/**
 * An error of the model's side of the engine. The worker has no schemas and no HTTP, which keeps it small; its errors travel
 * as envelopes, and the engine makes the answer of them.
 */
export class EngineError extends Error {
  readonly code: EngineErrorCode
  readonly detail: unknown

  constructor(code: EngineErrorCode, message: string, options: { detail?: unknown; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'EngineError'
    this.code = code
    this.detail = options.detail
  }

  toEnvelope(): ErrorEnvelope {
    return {
      code: this.code,
      message: this.message,
      ...(this.detail === undefined ? {} : { detail: this.detail }),
    }
  }
}
