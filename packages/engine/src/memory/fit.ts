import type { EngineMemoryNeed } from '@castellan/contracts'
import { EngineError } from '../error.ts'
import type { Available } from './available.ts'
import { memoryNeed, type Settings } from './need.ts'
import type { ModelShape } from './shape.ts'

/** Contexts worth trying, largest first. */
const CONTEXTS = [131_072, 65_536, 32_768, 16_384, 8192, 4096, 2048, 1024, 512]

/**
 * Refuses a model that would not fit, before a byte of it is loaded: `model_too_large`, with the figures and the largest
 * setting that fits. `elsewhere` is what graphics processors take off the machine's memory, in bytes.
 */
export function requireFit(
  path: string,
  shape: ModelShape,
  settings: Settings,
  available: Available,
  elsewhere = 0,
): EngineMemoryNeed {
  const need = memoryNeed(shape, settings)
  if (need.total - elsewhere <= available.bytes) return need
  const largest = largestFit(shape, settings, available.bytes + elsewhere)
  throw new EngineError('model_too_large', sentence(path, need, settings, available, largest), {
    detail: { need, available, elsewhere, settings: plain(settings), largest: largest ?? null },
  })
}

/** The most that fits: as many of the slots as can be with at least a useful context, then the largest context for them. */
export function largestFit(
  shape: ModelShape,
  settings: Settings,
  bytes: number,
): { slots: number; contextTokens: number } | undefined {
  const contexts = [settings.contextTokens, ...CONTEXTS.filter((tokens) => tokens < settings.contextTokens)]
  const options = Array.from({ length: settings.slots }, (_, index) => settings.slots - index).flatMap((slots) =>
    contexts.map((contextTokens) => ({ slots, contextTokens })),
  )
  const fitting = options.filter((option) => memoryNeed(shape, { ...settings, ...option }).total <= bytes)
  const useful = fitting.filter(({ contextTokens }) => contextTokens >= Math.min(USEFUL_TOKENS, settings.contextTokens))
  return useful[0] ?? fitting.sort((a, b) => b.contextTokens - a.contextTokens)[0]
}

/** Below this, an agent has no room for its tools and a conversation. */
const USEFUL_TOKENS = 4096

function sentence(
  path: string,
  need: EngineMemoryNeed,
  { slots, contextTokens }: Settings,
  { bytes, limit }: Available,
  largest: { slots: number; contextTokens: number } | undefined,
): string {
  const whose = limit.by === 'cgroup' ? 'this service may use' : 'are free here'
  const help =
    largest === undefined
      ? 'Choose a smaller model, or a stronger quantisation of this one.'
      : `With slots ${largest.slots} and contextTokens ${largest.contextTokens} it fits; otherwise choose a smaller model.`
  return `${path} needs about ${size(need.total)} of memory (${size(need.weights)} weights, ${size(need.kvCache)} for ${slots} × ${contextTokens} tokens of context, ${size(need.compute + need.overhead)} to work in), and ${size(bytes)} ${whose}. ${help}`
}

function plain({ slots, contextTokens }: Settings): { slots: number; contextTokens: number } {
  return { slots, contextTokens }
}

function size(bytes: number): string {
  const mebibytes = bytes / 1024 / 1024
  return mebibytes >= 1024 ? `${(mebibytes / 1024).toFixed(1)} GiB` : `${Math.ceil(mebibytes)} MiB`
}
