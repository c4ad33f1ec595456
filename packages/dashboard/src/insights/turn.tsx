import type { getTranscript } from '@castellan/contracts/api'
import { argumentText } from '../cards/argument-text.ts'
import { useResource } from '../live/resource.ts'
import { useSigned } from '../page.ts'
import { addressOf } from '../shell/router.ts'
import { insights as words } from '../strings/insights.ts'

/** How far back the question of a turn is looked for, in frames; a turn with more of them is named by its chat alone. */
const FRAMES = 500
const MAX_SHOWN = 300

export interface TurnProps {
  readonly chat: string
  /** What was said last in it when the exchange ended. */
  readonly seq: number | null
}

/** The chat that an exchange belongs to, and what was asked there. */
export function Turn({ chat, seq }: TurnProps) {
  const { api } = useSigned()
  const asked = useResource(
    async (signal) => {
      if (seq === null) return null
      const query = { before: seq + 1, limit: FRAMES }
      const params = { chat_id: chat }
      const { entries } = await api.ask<typeof getTranscript>('GET', '/api/v1/chats/{chat_id}/transcript', {
        params,
        query,
        signal,
      })
      return entries.findLast(({ frame }) => frame.type === 'asked')?.frame ?? null
    },
    [chat, seq],
  )
  const { state } = asked
  const frame = state.value.kind === 'ready' ? state.value.value : null
  return (
    <>
      <a href={addressOf('chat', { path: [chat] })}>{words.one.toChat(chat)}</a>
      {frame?.type === 'asked' && (
        <span class="note exchange-asked">{words.one.askedThere(argumentText(frame.text.slice(0, MAX_SHOWN)))}</span>
      )}
    </>
  )
}
