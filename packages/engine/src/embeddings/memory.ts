import { CastellanError } from '@castellan/contracts'
import type { EmbeddingFacts } from '@castellan/gguf'

const MIB = 1024 * 1024
/** The process itself and the tokenizer, in bytes. */
const OVERHEAD_BYTES = 96 * MIB
/** Left to the rest of the machine, in bytes. */
const RESERVE_BYTES = 128 * MIB
/** Buffers of one token that an evaluation works in, in vectors of the model's width. */
const BUFFERS_PER_TOKEN = 24
const MIN_CONTEXT_TOKENS = 64

/**
 * What an embedding model takes, in bytes, for texts of so many tokens: the weights, and what one evaluation works in. A text is
 * evaluated whole, so the scores of attention grow with the square of its length.
 */
export function memoryNeed({ fileBytes, dimensions, heads }: EmbeddingFacts, contextTokens: number): number {
  const scores = heads * contextTokens ** 2 * 4
  const buffers = BUFFERS_PER_TOKEN * contextTokens * dimensions * 4
  return fileBytes + scores + buffers + OVERHEAD_BYTES
}

/** Throws `model_too_large` with figures, and with the longest text that would fit, before anything is loaded. */
export function refuseTooLarge(
  facts: EmbeddingFacts,
  contextTokens: number,
  available: number = process.availableMemory(),
): void {
  const room = available - RESERVE_BYTES
  const need = memoryNeed(facts, contextTokens)
  if (need <= room) return
  let fits = contextTokens
  while (fits >= MIN_CONTEXT_TOKENS && memoryNeed(facts, fits) > room) fits = Math.floor(fits / 2)
  const way =
    fits >= MIN_CONTEXT_TOKENS
      ? `With \`embeddingContextTokens\` at most ${fits} it would fit.`
      : 'Choose a smaller embedding model, or free some memory.'
  throw new CastellanError(
    'model_too_large',
    `The embedding model ${facts.name} needs about ${mib(need)} MiB for texts of ${contextTokens} tokens and ${mib(room)} MiB are left. ${way}`,
    { detail: { need, available: room, contextTokens, fits: fits >= MIN_CONTEXT_TOKENS ? fits : null } },
  )
}

function mib(bytes: number): number {
  return Math.max(0, Math.round(bytes / MIB))
}
