import type { getTranscript, listChats } from '@castellan/contracts/api'
import type { Api } from '../api/api.ts'

/** One time that a fact was put before a model. */
export interface Recall {
  readonly chat: string
  readonly title: string | null
  readonly at: string
  /** What was said then. */
  readonly about: string
}

/** Chats that are looked through, those used last; and how much of each. */
export const CHATS_READ = 12
const FRAMES_READ = 1_000

/** Where a fact was recalled lately, newest first: transcripts say what was put before the model for each message. */
export async function recallsOf(api: Api, fact: number, signal: AbortSignal): Promise<readonly Recall[]> {
  const query = { limit: CHATS_READ }
  const { items } = await api.ask<typeof listChats>('GET', '/api/v1/chats', { query, signal })
  const found: Recall[] = []
  // One after the other: the gateway has others to serve as well.
  for (const { chat_id, title } of items) {
    const asked = { params: { chat_id }, query: { limit: FRAMES_READ }, signal }
    const { entries } = await api.ask<typeof getTranscript>('GET', '/api/v1/chats/{chat_id}/transcript', asked)
    for (const { at, frame } of entries) {
      if (frame.type !== 'recalled' || !frame.facts.some(({ id }) => id === fact)) continue
      found.push({ chat: chat_id, title, at, about: frame.about })
    }
  }
  return found.sort((a, b) => b.at.localeCompare(a.at))
}
