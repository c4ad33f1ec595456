import { ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server'

/** Entries of one page of a list. Large, because not every client asks for the next page. */
export const PAGE_SIZE = 200

/** One page of a list; its cursor tells where the next begins and how long the list was. */
export function pageOf<Item>(
  items: readonly Item[],
  cursor: string | undefined,
): { page: Item[]; nextCursor?: string } {
  const start = cursor === undefined ? 0 : startOf(cursor, items.length)
  const end = start + PAGE_SIZE
  const page = items.slice(start, end)
  return end < items.length ? { page, nextCursor: cursorOf(end, items.length) } : { page }
}

function cursorOf(start: number, length: number): string {
  return Buffer.from(`${start}/${length}`).toString('base64url')
}

function startOf(cursor: string, length: number): number {
  const [, start, of] = /^(\d{1,9})\/(\d{1,9})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1')) ?? []
  if (start !== undefined && Number(of) === length && Number(start) < length) return Number(start)
  throw new ProtocolError(
    ProtocolErrorCode.InvalidParams,
    'This cursor is not of this list, or the list has changed since. List again from the start.',
  )
}
