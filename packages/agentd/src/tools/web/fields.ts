import type { ToolLimits } from '@castellan/contracts'

/** A page, and what is around it, fits; a conversation reads a few. */
export const webLimits: ToolLimits = { timeoutMs: 75_000, outputBytes: 128 * 1024, perMinute: 30 }
