import { createHmac } from 'node:crypto'
import {
  type AgentName,
  CastellanError,
  type SessionId,
  type SessionOpened,
  type SessionOpening,
} from '@castellan/contracts'
import type { Recorder } from '../ledger/recorder.ts'
import type { Book } from './book.ts'
import { sameText } from './same-text.ts'

/** How long the owner's word that a session begins afresh is good for, in milliseconds. */
const FRESH_MS = 5 * 60_000

export interface OpeningParts {
  readonly book: () => Book
  readonly ledger: Pick<Recorder, 'append'>
  /** Makes session keys. */
  readonly key: Buffer
  readonly now: () => number
}

/**
 * Sessions that the owner opened. Their labels are their own, so nobody else may act in them: every call shows the
 * session's key, which only whoever opened it was told. It is derived, not kept, and holds across a restart.
 */
export class Openings {
  readonly #parts: OpeningParts
  readonly #opening = new Set<SessionId>()

  constructor(parts: OpeningParts) {
    this.#parts = parts
  }

  /**
   * Opens a session on the word of `by`, who proved to be an operator. Throws `session_refused` where the word is old or
   * the name was used: a session that may have read something cannot be declared fresh.
   */
  async open({ session, agent, at }: SessionOpening, by: string): Promise<SessionOpened> {
    const { book, ledger, now } = this.#parts
    if (Math.abs(now() - Date.parse(at)) > FRESH_MS) {
      throw new CastellanError('session_refused', 'This session was signed more than five minutes ago. Sign a new one.')
    }
    if (book().sessions.get(session) !== undefined || this.#opening.has(session)) {
      throw new CastellanError('session_refused', `The session ${session} exists already. Open one with a new id.`)
    }
    this.#opening.add(session)
    try {
      await ledger.append({ type: 'session_opened', actor: { kind: 'operator', name: by }, session, facts: { agent } })
    } finally {
      this.#opening.delete(session)
    }
    return { session, key: this.#keyOf(session) }
  }

  /** Throws `session_refused` where a call claims a session it may not act in. */
  check({
    session,
    agent,
    session_key,
  }: {
    session: SessionId
    agent: AgentName
    session_key?: string | undefined
  }): void {
    const record = this.#parts.book().sessions.get(session)
    if (record?.opened !== true && !this.#opening.has(session)) {
      if (session_key === undefined) return
      throw new CastellanError(
        'session_refused',
        `The session ${session} was not opened or is long over. Open a new one.`,
      )
    }
    if (!sameText(session_key ?? '', this.#keyOf(session))) {
      throw new CastellanError(
        'session_refused',
        `The session ${session} belongs to whoever opened it; its key is missing or wrong.`,
      )
    }
    if (record !== undefined && record.agent !== agent) {
      throw new CastellanError(
        'session_refused',
        `The session ${session} was opened for agent ${record.agent}, not for ${agent}.`,
      )
    }
  }

  #keyOf(session: SessionId): string {
    return createHmac('sha256', this.#parts.key).update(session).digest('base64url')
  }
}
