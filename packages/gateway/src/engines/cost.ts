import type { ModelPrices } from '@castellan/contracts'
import type { Engine, Usage } from './engine.ts'
import type { Exchange } from './exchange.ts'

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

/** The exchange with what it cost, by the prices of the engine that was asked. */
export function priced(exchange: Exchange, { prices }: Pick<Engine, 'prices'>): Exchange {
  return exchange.usage === null ? exchange : { ...exchange, cost: costOf(exchange.usage, prices) }
}
