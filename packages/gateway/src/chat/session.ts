import { CastellanError, newId, type SessionId } from '@castellan/contracts'
import type { Turn } from './turn.ts'

interface OwnSession {
  readonly session: SessionId
  readonly session_key?: string
}

/**
 * Does something in the chat's session with agentd. A session that agentd no longer knows, as it forgets those that are long over,
 * is followed by a plain one, which shares what all agents took in: the safe thing to assume.
 */
export async function inSession<Value>(
  { chat, log }: Turn,
  act: (session: OwnSession) => Promise<Value>,
): Promise<Value> {
  const { session, sessionKey } = chat
  if (sessionKey === undefined) return act({ session })
  try {
    return await act({ session, session_key: sessionKey })
  } catch (error) {
    if (!(error instanceof CastellanError) || error.code !== 'session_refused') throw error
    log.info({ err: error, chat_id: chat.id }, 'a chat goes on in a new session')
    chat.session = newId('ses')
    chat.sessionKey = undefined
    return act({ session: chat.session })
  }
}
