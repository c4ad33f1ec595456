import { CastellanError } from '@castellan/contracts'

export interface Page<Item> {
  items: Item[]
  next_cursor: string | null
}

/** A position as clients are given it: opaque, so that what it counts can change. */
export function cursorAt(position: number): string {
  return Buffer.from(String(position)).toString('base64url')
}

/** The position a cursor stands for; 0 without one. Throws `invalid_request` for what was never given out. */
export function positionOf(cursor: string | undefined): number {
  if (cursor === undefined) return 0
  const text = Buffer.from(cursor, 'base64url').toString('latin1')
  if (/^\d{1,15}$/.test(text) && cursorAt(Number(text)) === cursor) return Number(text)
  throw new CastellanError(
    'invalid_request',
    'This is no cursor; give back next_cursor as it was given, with the same filters.',
  )
}

/** A position that takes several numbers, as clients are given it. */
export function cursorOf(parts: readonly number[]): string {
  return Buffer.from(parts.join('.')).toString('base64url')
}

/** The numbers that a cursor of so many stands for; undefined without one. Throws `invalid_request` for what was never given out. */
export function partsOf(cursor: string | undefined, count: number): readonly number[] | undefined {
  if (cursor === undefined) return undefined
  const parts = Buffer.from(cursor, 'base64url').toString('latin1').split('.')
  if (parts.length === count && parts.every((part) => /^\d{1,15}$/.test(part))) return parts.map(Number)
  throw new CastellanError(
    'invalid_request',
    'This is no cursor; give back next_cursor as it was given, with the same filters.',
  )
}

/** The page of a list that is at hand as a whole. */
export function pageOfList<Item>(
  all: readonly Item[],
  query: { limit: number; cursor?: string | undefined },
): Page<Item> {
  const from = positionOf(query.cursor)
  const items = all.slice(from, from + query.limit)
  const next = from + items.length
  return { items, next_cursor: items.length > 0 && next < all.length ? cursorAt(next) : null }
}

/** What a listing tool is asked for one page. */
export function windowOf({ limit, cursor }: { limit: number; cursor?: string | undefined }): {
  limit: number
  offset: number
} {
  return { limit, offset: positionOf(cursor) }
}

/** The page of a listing tool's answer; `truncated`: there is more than it answered. */
export function pageFrom<Item>(offset: number, items: Item[], truncated: boolean): Page<Item> {
  return { items, next_cursor: truncated && items.length > 0 ? cursorAt(offset + items.length) : null }
}
