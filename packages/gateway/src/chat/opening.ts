import { openingBy } from '../calls/sessions.ts'
import type { Caller } from '../plugins/auth.ts'
import type { Chat } from './chat.ts'
import type { TurnParts } from './turn.ts'

/**
 * Has agentd open a session of its own for a chat that begins, so that what other chats have read does not count here. Only
 * the owner can say that a conversation begins afresh: it takes a socket that the owner's token opened. Any other chat
 * shares what all of agent.sock took in, which is the safe thing to assume; a failure here is therefore no failure.
 */
export async function openSession(chat: Chat, caller: Caller, { agentd, agent, log }: TurnParts): Promise<void> {
  if (caller.kind !== 'owner' || chat.sessionKey !== undefined || chat.history.messages.length > 0) return
  try {
    chat.sessionKey = (await agentd.openSession(openingBy(caller.token, chat.session, agent.name))).key
  } catch (error) {
    log.debug({ err: error, chat_id: chat.id }, 'a chat goes on in a plain session')
  }
}
