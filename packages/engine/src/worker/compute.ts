import { availableParallelism } from 'node:os'
import type { Llama } from 'node-llama-cpp'

/** What a loaded model computes on. */
export interface ComputeFacts {
  readonly device: 'cpu' | 'cuda' | 'vulkan' | 'metal'
  readonly why: string
  /** Graphics processors as their driver names them. */
  readonly devices: readonly string[]
  readonly layersOnGpu: number
  readonly layers: number
  readonly threads: number
  /** llama.cpp's own list of what it was built with and found here. */
  readonly features: string
  readonly release: string
  readonly gpuMemory: { readonly total: number; readonly free: number } | null
}

interface Placed {
  readonly layersOnGpu: number
  readonly layers: number
  readonly threads: number
  /** Why no graphics processor was looked for; undefined where one was. */
  readonly unasked?: string | undefined
}

export async function computeFacts(
  llama: Llama,
  { layersOnGpu, layers, threads, unasked }: Placed,
): Promise<ComputeFacts> {
  const memory = llama.gpu === false ? null : await llama.getVramState()
  const device = llama.gpu === false || layersOnGpu === 0 ? 'cpu' : llama.gpu
  return {
    device,
    why: unasked ?? whyNot(llama.gpu, layersOnGpu, layers),
    devices: llama.gpu === false ? [] : await llama.getGpuDeviceNames(),
    layersOnGpu,
    layers,
    threads,
    features: llama.systemInfo.trim(),
    release: llama.llamaCppRelease.release,
    gpuMemory: memory === null ? null : { total: memory.total, free: memory.free },
  }
}

function whyNot(gpu: Llama['gpu'], layersOnGpu: number, layers: number): string {
  if (gpu === false) {
    return 'A graphics processor is there, but no llama.cpp build for it is installed, or its driver does not answer: the processor computes.'
  }
  if (layersOnGpu === 0) return `None of the layers fits into the free memory of the graphics processor (${gpu}).`
  if (layersOnGpu < layers) {
    return `${layersOnGpu} of ${layers} layers fit into the free memory of the graphics processor (${gpu}); the processor computes the rest.`
  }
  return `The whole model fits into the memory of the graphics processor (${gpu}).`
}

/** llama.cpp's threads wait for each other by spinning: one core too many under load costs a factor, one too few a share. */
export function defaultThreads(): number {
  return Math.max(1, availableParallelism() - 1)
}
