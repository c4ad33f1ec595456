import type { ModelPrices } from '@castellan/contracts'
import type { Usage } from './engine.ts'

const MILLION = 1_000_000

/**
 * What an answer cost, in US dollars: by the owner's price list, else what the provider says it charged; null where neither is
 * known, or the provider did not count.
 */
export function costOf(usage: Usage, prices: ModelPrices | null): number | null {
  if (prices === null) return usage.cost ?? null
  const { promptTokens, outputTokens, cacheReadTokens: read = 0, cacheWriteTokens: written = 0 } = usage
  if (promptTokens === null || outputTokens === null) return usage.cost ?? null
  const { input, output, cache_read = input, cache_write = input } = prices
  const fresh = Math.max(0, promptTokens - read - written)
  return (fresh * input + read * cache_read + written * cache_write + outputTokens * output) / MILLION
}
