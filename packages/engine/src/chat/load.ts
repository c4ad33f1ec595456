import { type ChatWrapper, type LlamaContext, type LlamaModel, resolveChatWrapper } from 'node-llama-cpp'
import { availableMemory } from '../memory/available.ts'
import { requireFit } from '../memory/fit.ts'
import { readShape } from '../memory/shape.ts'
import { computeFacts, defaultThreads } from '../worker/compute.ts'
import { hasGpu, loadError, loadModel, startLlama } from '../worker/llama.ts'
import type { Loaded, LoadOptions } from '../worker/protocol.ts'
import { BATCH_TOKENS } from './context/steps.ts'

/** Of the memory that a graphics processor has free, what a model may count on. */
const GPU_SHARE = 0.9

export interface LoadedChat {
  readonly model: LlamaModel
  readonly context: LlamaContext
  readonly wrapper: ChatWrapper
  readonly loaded: Loaded
  readonly dispose: () => Promise<void>
}

/**
 * Loads a chat model with a context for each slot, once its header says that it fits into the memory there is. Throws
 * `model_too_large` before anything is read, `model_invalid`, or `engine_unavailable`.
 */
export async function loadChat(options: LoadOptions, onProgress: () => void): Promise<LoadedChat> {
  const { modelPath, slots } = options
  const threads = options.threads === 0 ? defaultThreads() : options.threads
  const shape = await readShape(modelPath)
  const contextTokens = Math.min(options.contextTokens, shape.trainedContextTokens || options.contextTokens)
  const { llama, complaints } = await startLlama(options.gpu, threads)

  const settings = { slots, contextTokens, batchTokens: Math.min(BATCH_TOKENS, contextTokens) }
  const gpuMemory = llama.gpu === false ? null : await llama.getVramState()
  // Where both share one memory, nothing is taken off the machine's.
  const elsewhere = gpuMemory === null || gpuMemory.unifiedSize > 0 ? 0 : gpuMemory.free * GPU_SHARE
  const need = requireFit(modelPath, shape, settings, availableMemory(), elsewhere)

  const model = await loadModel(llama, modelPath, complaints, onProgress)
  onProgress()
  const context = await model
    .createContext({
      contextSize: contextTokens,
      sequences: slots,
      batchSize: settings.batchTokens,
      threads,
      // The arithmetic above is ours; where there is no graphics processor, the library's own adds nothing to it.
      ignoreMemorySafetyChecks: gpuMemory === null,
    })
    .catch((cause: unknown) => {
      throw loadError(modelPath, cause)
    })
  const placed = { layersOnGpu: llama.gpu === false ? 0 : model.gpuLayers, layers: shape.layers, threads }
  const unasked = options.gpu
    ? hasGpu()
      ? undefined
      : 'No graphics processor is there: the processor computes.'
    : 'Graphics processors are switched off (gpu): the processor computes.'
  const compute = await computeFacts(llama, { ...placed, unasked })
  return {
    model,
    context,
    wrapper: resolveChatWrapper(model),
    loaded: { contextTokens: context.contextSize, compute, need },
    dispose: () => llama.dispose(),
  }
}
