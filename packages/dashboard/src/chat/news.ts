import { strings } from '../strings.ts'
import type { ChatState } from './state.ts'

/** What a screen reader should say after a change: results, questions and whole answers, but not every streamed word. */
export function news(before: ChatState, after: ChatState): string {
  const known = new Map(before.items.map((item) => [item.id, item]))
  const said = after.items.flatMap((item) => {
    const old = known.get(item.id)
    if (old === item) return []
    if (item.kind === 'error') return [item.message]
    if (item.kind === 'suggestions') return [strings.chat.suggestions]
    if (item.kind === 'answer' && !item.streaming) return [strings.chat.answered(item.text)]
    if (item.kind !== 'tool') return []
    const earlier = old?.kind === 'tool' ? old : null
    if (item.outcome !== null && earlier?.outcome == null)
      return [strings.chat.toolDone(item.name, item.outcome.summary)]
    if (item.approval !== null && item.approval.id !== earlier?.approval?.id)
      return [strings.chat.approvalNeeded(item.name)]
    return []
  })
  return said.join(' ')
}
