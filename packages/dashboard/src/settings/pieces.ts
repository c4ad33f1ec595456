import type {
  exportJson,
  exportMarkdown,
  getInsight,
  listChats,
  listInsights,
  listLedgerEntries,
  listMemory,
} from '@castellan/contracts/api'
import type { Api } from '../api/api.ts'

/** What an export is made of, piece after piece, each a line or a chat. */
export type Pieces = (api: Api, signal: AbortSignal) => AsyncGenerator<string, void, void>

/** Most that the gateway answers at once. */
const LIMIT = 200

interface Paged<Item> {
  readonly items: readonly Item[]
  readonly next_cursor: string | null
}

/** Every item of a listing, page after page. */
async function* each<Item>(
  page: (cursor: string | undefined) => Promise<Paged<Item>>,
): AsyncGenerator<Item, void, void> {
  let cursor: string | undefined
  for (;;) {
    const { items, next_cursor } = await page(cursor)
    yield* items
    if (next_cursor === null) return
    cursor = next_cursor
  }
}

const line = (value: unknown) => `${JSON.stringify(value)}\n`

export const ledgerPieces: Pieces = async function* (api, signal) {
  const page = (cursor?: string) => {
    const query = { limit: LIMIT, cursor }
    return api.ask<typeof listLedgerEntries>('GET', '/api/v1/ledger/entries', { query, signal })
  }
  for await (const record of each(page)) yield line(record)
}

const chats = (api: Api, signal: AbortSignal) =>
  each((cursor) => api.ask<typeof listChats>('GET', '/api/v1/chats', { query: { limit: LIMIT, cursor }, signal }))

export const markdownPieces: Pieces = async function* (api, signal) {
  for await (const { chat_id } of chats(api, signal)) {
    const asked = { params: { chat_id }, signal }
    const text = await api.text<typeof exportMarkdown>('GET', '/api/v1/chats/{chat_id}/export/markdown', asked)
    yield `${text.trimEnd()}\n\n`
  }
}

export const chatPieces: Pieces = async function* (api, signal) {
  for await (const { chat_id } of chats(api, signal)) {
    const asked = { params: { chat_id }, signal }
    yield await api.text<typeof exportJson>('GET', '/api/v1/chats/{chat_id}/export/json', asked)
  }
}

export const memoryPieces: Pieces = async function* (api, signal) {
  const page = (cursor?: string) => {
    const query = { limit: LIMIT, cursor }
    return api.ask<typeof listMemory>('GET', '/api/v1/memory', { query, signal })
  }
  for await (const fact of each(page)) yield line(fact)
}

export const insightPieces: Pieces = async function* (api, signal) {
  const page = (cursor?: string) => {
    const query = { limit: LIMIT, cursor }
    return api.ask<typeof listInsights>('GET', '/api/v1/insights', { query, signal })
  }
  for await (const { insight_id } of each(page)) {
    const params = { insight_id }
    yield line(await api.ask<typeof getInsight>('GET', '/api/v1/insights/{insight_id}', { params, signal }))
  }
}
