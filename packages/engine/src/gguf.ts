import * as gguf from '@castellan/gguf'
import { EngineError } from './error.ts'

/** {@link gguf.inspectModel}, with errors of the engine. */
export function inspectModel(path: string): Promise<gguf.ModelFacts> {
  return gguf.inspectModel(path).catch(asEngineError)
}

/** {@link gguf.readGgufHeader}, with errors of the engine. */
export function readGgufHeader(...args: Parameters<typeof gguf.readGgufHeader>): Promise<gguf.GgufHeader> {
  return gguf.readGgufHeader(...args).catch(asEngineError)
}

function asEngineError(error: unknown): never {
  throw error instanceof gguf.GgufError ? new EngineError('model_invalid', error.message, { cause: error }) : error
}
