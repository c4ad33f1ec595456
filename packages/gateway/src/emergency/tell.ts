import type { Freeze, ServerFrame } from '@castellan/contracts'
import type { Audience } from '../chat/audience.ts'
import type { ChatSessions } from '../chat/sessions.ts'
import { type FreezeWatch, frozenError } from './freeze-watch.ts'

/** What every open chat socket is told of an emergency; a socket that opens meanwhile hears it first of all. */
export function freezeFrame(freeze: Freeze | null): ServerFrame {
  return freeze === null
    ? { type: 'status', state: 'idle', message: 'Agents may act again.' }
    : { type: 'status', state: 'frozen', message: frozenError(freeze).message }
}

/** When agents are frozen, every running turn ends with `agents_frozen`, and every chat is told. */
export function tellChats(watch: FreezeWatch, { chats, audience }: { chats: ChatSessions; audience: Audience }): void {
  let known: Freeze | null = null
  watch.onChange((freeze) => {
    if (freeze !== null) for (const chat of chats.running) chat.abort(frozenError(freeze))
    if (freeze !== null || known !== null) audience.tell(JSON.stringify(freezeFrame(freeze)))
    known = freeze
  })
}
