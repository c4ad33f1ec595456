import type { listApprovals } from '@castellan/contracts/api'
import type { Question } from '../acts/acts.ts'
import type { Entry } from '../entries/entry.ts'
import { useNews } from '../live/live.ts'
import { type Resource, useResource } from '../live/resource.ts'
import { useSigned } from '../page.ts'

/** Whether an entry is about a question: asked, answered, or no longer to be answered. */
export function concernsApprovals({ type }: Pick<Entry, 'type'>): boolean {
  return type.startsWith('approval_') || type === 'grant_spent'
}

/** The questions that wait now, kept up to date. */
export function useWaiting(): Resource<readonly Question[]> {
  const { api } = useSigned()
  const waiting = useResource(async (signal) => {
    const query = { state: 'pending' as const, limit: 200 }
    return (await api.ask<typeof listApprovals>('GET', '/api/v1/approvals', { query, signal })).items
  })
  useNews(concernsApprovals, () => void waiting.reload())
  return waiting
}
