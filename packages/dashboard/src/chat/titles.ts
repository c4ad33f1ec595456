import { chatPage as words } from '../strings/chat.ts'
import { MAIN_CHAT } from './state.ts'
import type { AgentView, ChatView } from './views.ts'

/** Longest title that is made of a message, in characters. */
const LONGEST = 60

/** What a chat is called. */
export function titleOf({ chat_id, title }: Pick<ChatView, 'chat_id' | 'title'>): string {
  return title ?? (chat_id === MAIN_CHAT ? words.main : chat_id)
}

/** A title for a chat whose first message this is; null where it is a command, which says nothing about the rest. */
export function titleFrom(message: string): string | null {
  const line = message.trim().split('\n', 1)[0]?.trim() ?? ''
  if (line === '' || line.startsWith('/')) return null
  if (line.length <= LONGEST) return line
  const cut = line.slice(0, LONGEST)
  return `${cut.slice(0, Math.max(cut.lastIndexOf(' '), LONGEST / 2)).trimEnd()}…`
}

/** What an agent thinks with, in a word or two. */
export function brainOf({ engine }: Pick<AgentView, 'engine'>): string {
  return 'model' in engine ? engine.model : words.local
}
