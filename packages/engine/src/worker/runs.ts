/** Characters of one kind in a row. With some vocabularies llama.cpp's tokenizer has no more stack at 24,000, and ends the process. */
export const LONGEST_RUN = 10_000

const RUNS = /\s+|\p{L}+|\p{N}+|[^\s\p{L}\p{N}]+/gu

/** The first run of letters, digits, spaces or signs that is longer than any tokenizer is safe with: its characters, else undefined. */
export function tooLongRun(text: string): number | undefined {
  if (text.length <= LONGEST_RUN) return undefined
  for (const [run] of text.matchAll(RUNS)) if (run.length > LONGEST_RUN) return run.length
  return undefined
}
