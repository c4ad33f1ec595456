import { z } from 'zod'

/** Most items that one page of a listing has. */
export const MAX_PAGE_ITEMS = 200

/** The query of a listing that comes in pages. Extend it with the listing's own filters. */
export const PageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(MAX_PAGE_ITEMS).default(50),
  /** `next_cursor` of the page before, as it was given; it holds for the same filters. */
  cursor: z.string().min(1).max(512).optional(),
})
export type PageQuery = z.infer<typeof PageQuery>

/** One page of a listing. `next_cursor` is null on the last one. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.strictObject({ items: z.array(item), next_cursor: z.string().nullable() })
}
