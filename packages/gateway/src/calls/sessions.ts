import { createHmac } from 'node:crypto'
import { type AgentName, newId, type SessionId, type SessionOpening, sessionOpeningText } from '@castellan/contracts'
import type { Log } from '@castellan/daemon'
import type { Agentd } from '../agentd.ts'
import type { Caller } from '../plugins/caller.ts'

/** Sessions remembered; beyond that the one unused for longest goes, and its caller begins anew. */
const MAX_SESSIONS = 256

/** How a call names the conversation it belongs to. */
export interface CallSession {
  readonly session: SessionId
  readonly session_key?: string
}

/** The owner's word, by their token, that a session begins with nothing read yet. */
export function openingBy(token: string, session: SessionId, agent: AgentName): SessionOpening {
  const asked = { session, agent, at: new Date().toISOString() }
  const mac = createHmac('sha256', token).update(sessionOpeningText(asked), 'utf8').digest('hex')
  return { ...asked, proof: { kind: 'owner_token', mac } }
}

/**
 * The session of each credential that makes calls through the API: what one program reads does not count for another, as
 * far as their owner can say so. Only the owner's token can; any other caller's session shares what all agents took in.
 */
export class CallSessions {
  readonly #agentd: Agentd
  readonly #log: Log
  /** Least recently used first. */
  readonly #sessions = new Map<string, Promise<CallSession>>()

  constructor(agentd: Agentd, log: Log) {
    this.#agentd = agentd
    this.#log = log
  }

  of(caller: Caller, agent: AgentName): Promise<CallSession> {
    const key = `${caller.credential} ${agent}`
    const session = this.#sessions.get(key) ?? this.#begin(caller, agent)
    this.#sessions.delete(key)
    this.#sessions.set(key, session)
    if (this.#sessions.size > MAX_SESSIONS) {
      for (const oldest of this.#sessions.keys()) {
        this.#sessions.delete(oldest)
        break
      }
    }
    return session
  }

  async #begin(caller: Caller, agent: AgentName): Promise<CallSession> {
    const session = newId('ses')
    if (caller.kind !== 'owner') return { session }
    try {
      const { key } = await this.#agentd.openSession(openingBy(caller.token, session, agent))
      return { session, session_key: key }
    } catch (error) {
      this.#log.debug({ err: error }, 'calls go on in a plain session')
      return { session }
    }
  }
}
