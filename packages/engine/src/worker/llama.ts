import { existsSync, readdirSync } from 'node:fs'
import { getLlama, type Llama, LlamaLogLevel, type LlamaModel } from 'node-llama-cpp'
import { EngineError } from '../error.ts'

export interface LoadedModel {
  readonly llama: Llama
  readonly model: LlamaModel
}

/**
 * Loads a model into llama.cpp. Only binaries that came with the installation are used: nothing is built, nothing is
 * downloaded. Throws `model_invalid` with llama.cpp's own words, or `engine_unavailable` where the host lacks something.
 */
export async function loadLlama(modelPath: string, gpu: boolean, maxThreads: number): Promise<LoadedModel> {
  const { llama, complaints } = await startLlama(gpu, maxThreads)
  return { llama, model: await loadModel(llama, modelPath, complaints) }
}

/** llama.cpp without a model, and the list that its complaints will be put into. */
export async function startLlama(gpu: boolean, maxThreads: number): Promise<{ llama: Llama; complaints: string[] }> {
  const complaints: string[] = []
  const llama = await getLlama({
    build: 'never',
    skipDownload: true,
    progressLogs: false,
    gpu: gpu && hasGpu() ? 'auto' : false,
    maxThreads,
    logLevel: LlamaLogLevel.error,
    logger: (_level, message) => void complaints.push(message.trim()),
  }).catch((cause: unknown) => {
    throw new EngineError(
      'engine_unavailable',
      `llama.cpp does not run on this machine: ${messageOf(cause)}. Run npm install again for this platform.`,
      { cause },
    )
  })
  return { llama, complaints }
}

/** Loads a file; as many layers as fit go to a graphics processor. `onProgress` is called while it is read. */
export async function loadModel(
  llama: Llama,
  modelPath: string,
  complaints: readonly string[],
  onProgress: () => void = () => undefined,
): Promise<LlamaModel> {
  try {
    return await llama.loadModel({ modelPath, useMmap: true, onLoadProgress: onProgress })
  } catch (cause) {
    throw loadError(modelPath, cause, complaints)
  }
}

/** A device node of a graphics processor; looking for one costs nothing, trying its driver a second. */
export function hasGpu(): boolean {
  if (process.platform === 'darwin') return true
  if (existsSync('/dev/nvidiactl') || existsSync('/dev/kfd')) return true
  try {
    return readdirSync('/dev/dri').some((name) => name.startsWith('renderD'))
  } catch {
    return false
  }
}

export function loadError(modelPath: string, cause: unknown, complaints: readonly string[] = []): EngineError {
  if (cause instanceof Error && cause.constructor.name === 'InsufficientMemoryError') {
    return new EngineError(
      'model_too_large',
      `${modelPath} does not fit into this machine's memory: ${messageOf(cause)}. Choose a smaller model or a smaller context.`,
      { cause },
    )
  }
  const why = complaints.find((line) => /unknown|missing|error/i.test(line)) ?? messageOf(cause)
  return new EngineError(
    'model_invalid',
    `llama.cpp cannot load ${modelPath}: ${why}. Choose another model, or convert it again.`,
    { cause },
  )
}

function messageOf(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).replace(/\.$/, '')
}
