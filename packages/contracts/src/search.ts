import { z } from 'zod'
import { LedgerIndex } from './ids.ts'

/** `POST /v1/search` on airlock-agentd.sock: a question to the search engine of the airlock's configuration. */
export const SearchRequest = z.strictObject({
  query: z.string().trim().min(1).max(400),
  count: z.int().min(1).max(20).default(10),
  /** As in BCP 47: `en`, `de-AT`. */
  language: z
    .string()
    .regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$/, 'must be a language such as en or de-AT')
    .optional(),
  /** Only what is newer. */
  since: z.enum(['day', 'week', 'month', 'year']).optional(),
})
export type SearchRequest = z.input<typeof SearchRequest>

/** One page that was found. Title and snippet are words of strangers. */
export const SearchResult = z.strictObject({ title: z.string(), url: z.string(), snippet: z.string() })
export type SearchResult = z.infer<typeof SearchResult>

/** Its answer. */
export const SearchAnswer = z.strictObject({
  results: z.array(SearchResult),
  /** The question as it left, and kinds of what was taken out of it before. */
  query: z.string(),
  scrubbed: z.array(z.string()),
  /** `tor`: by a circuit that was seen to stand. `direct`: from this host's own address. */
  via: z.enum(['direct', 'tor']),
  index: LedgerIndex,
})
export type SearchAnswer = z.infer<typeof SearchAnswer>
