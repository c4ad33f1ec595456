import { bytesOf, type CatalogueEntry } from './catalogue.ts'

/** The engine's own defaults: slots, and tokens of each one's context. */
const SLOTS = 2
const CONTEXT_TOKENS = 8192
/** Keys and values are kept in 16 bits each. */
const BYTES_OF_NUMBER = 2
/** What an evaluation works in, the tokenizer and the process, beside what grows with the model. */
const OVERHEAD_BYTES = 600_000_000
/** Of what is there, a model that takes more than this share leaves little to everything else. */
const COMFORTABLE = 0.75

export interface Fit {
  /** What it takes in memory, in bytes. */
  readonly needs: number
  readonly verdict: 'fits' | 'tight' | 'too large'
}

/** Memory that hosts have, in bytes. */
const HOSTS = [2, 4, 8, 16, 24, 32, 48, 64, 96, 128].map((gigabytes) => gigabytes * 1_000_000_000)

/** The smallest usual host that a model leaves room on, in bytes of memory. */
export function smallestHost(entry: Pick<CatalogueEntry, 'bytes' | 'attention'>, settings?: Settings): number {
  const needs = memoryNeed(entry, settings) / COMFORTABLE
  return HOSTS.find((host) => host >= needs) ?? Math.ceil(needs / 1_000_000_000) * 1_000_000_000
}

export interface Settings {
  readonly slots: number
  readonly contextTokens: number
}

/** What a model takes in memory, about, before anything of it is here. The engine reckons exactly, by the file, before it loads it. */
export function memoryNeed(
  entry: Pick<CatalogueEntry, 'bytes' | 'attention'>,
  { slots, contextTokens }: Settings = { slots: SLOTS, contextTokens: CONTEXT_TOKENS },
): number {
  const { blocks, heads, width } = entry.attention
  const keysAndValues = 2 * blocks * heads * width * BYTES_OF_NUMBER * contextTokens * slots
  return Math.round(bytesOf(entry) * 1.03 + keysAndValues + OVERHEAD_BYTES)
}

/** How a model would fit into so many bytes. */
export function fit(entry: Pick<CatalogueEntry, 'bytes' | 'attention'>, available: number, settings?: Settings): Fit {
  const needs = memoryNeed(entry, settings)
  const verdict = needs <= available * COMFORTABLE ? 'fits' : needs <= available ? 'tight' : 'too large'
  return { needs, verdict }
}
