import { CastellanError, type ErrorEnvelope } from '@castellan/contracts'
import { EngineError } from './error.ts'

/** The worker died under a completion. `how` goes on after "The model's process". */
export function crashed(how: string): CastellanError {
  return new CastellanError(
    'engine_crashed',
    `The model's process ${how}. It is being started again; send the message once more.`,
    { retryAfterSeconds: 1 },
  )
}

/** The worker said nothing for too long, in milliseconds, and was ended. */
export function stalled(milliseconds: number): CastellanError {
  return new CastellanError(
    'engine_stalled',
    `The model got no further for ${Math.round(milliseconds / 1000)} seconds, so its process was ended. It is being started again; send the message once more.`,
    { retryAfterSeconds: 1 },
  )
}

/** Another model took the place of the one that was answering. */
export function changed(): CastellanError {
  return new CastellanError(
    'model_changed',
    'The model was exchanged for another one before this answer was whole. Send the message once more.',
    { retryAfterSeconds: 1 },
  )
}

/** The worker died before it had loaded the file. `how` is its exit and its last words. */
export function stoppedWhileLoading(path: string, signal: NodeJS.Signals | null, how: string): EngineError {
  // The kernel's out-of-memory killer is the one who sends SIGKILL here.
  return signal === 'SIGKILL'
    ? new EngineError(
        'engine_unavailable',
        `Loading ${path} was killed, most likely for want of memory. Choose a smaller model or a smaller context.`,
      )
    : new EngineError(
        'model_invalid',
        `llama.cpp cannot load ${path} and gave up (${how}). Choose another model, or convert it again.`,
      )
}

/** Whatever else kept the model from being loaded. */
export function unexpected(error: unknown): ErrorEnvelope {
  const why = error instanceof Error ? error.message : String(error)
  return { code: 'engine_unavailable', message: `The model could not be loaded: ${why}. The engine's log tells more.` }
}
