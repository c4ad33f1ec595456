import type { AnswerOf, listTools } from '@castellan/contracts/api'
import type { Api } from '../api/api.ts'

export type ToolSummary = AnswerOf<typeof listTools>['items'][number]

/** Every tool there is, by name. Reading the list is no call, so the ledger has nothing of it. */
export async function allTools(api: Api, signal: AbortSignal): Promise<readonly ToolSummary[]> {
  const tools: ToolSummary[] = []
  let cursor: string | null = null
  do {
    const query: { limit: number; cursor?: string } = { limit: 200, ...(cursor === null ? {} : { cursor }) }
    const page: AnswerOf<typeof listTools> = await api.ask<typeof listTools>('GET', '/api/v1/tools', { query, signal })
    tools.push(...page.items)
    cursor = page.next_cursor
  } while (cursor !== null)
  return tools.toSorted((a, b) => (a.name < b.name ? -1 : 1))
}
