import { type AgentName, CastellanError, type ChatId, type ChatUsage, newId } from '@castellan/contracts'
import type { Log } from '@castellan/daemon'
import type { StoreThread } from '../store/thread.ts'
import type { ChatRow, HitRow, Reading, ReadOptions, SaidRow } from './book.ts'
import { exchangesOf, type Remembered } from './exchanges.ts'
import { endInterrupted } from './interrupted.ts'
import { TranscriptWriter } from './writer.ts'

/** How much of a transcript a chat that goes on reads for its model. */
const REMEMBERED_ENTRIES = 1_000

/** A chat as it was left. */
export interface LeftChat {
  readonly row: ChatRow
  readonly remembered: Remembered
}

/** The conversations of the gateway: what was said is written through {@link TranscriptWriter}, and read here. */
export class Conversations {
  readonly writer: TranscriptWriter
  readonly #thread: StoreThread
  readonly #log: Log
  #begun: Promise<void> | null = null

  constructor(thread: StoreThread, log: Log) {
    this.#thread = thread
    this.writer = new TranscriptWriter(thread, log)
    this.#log = log
  }

  /**
   * Ends the turns that were broken off, before anything new is said. Whoever asks for something first does it where it was not done yet;
   * a gateway that starts does it once it can be reached.
   */
  begin(): Promise<void> {
    if (this.#begun === null) {
      this.#begun = endInterrupted(this.#thread)
      this.#begun.catch((error: unknown) => this.#log.error({ err: error }, 'the conversations cannot be read'))
    }
    return this.#begun
  }

  /** The chat as it was left; null for one that was never used. */
  async left(name: ChatId): Promise<LeftChat | null> {
    await this.#settle()
    const row = await this.#thread.call('conversations', 'chat', name)
    if (row === null) return null
    const { entries } = await this.#thread.call('conversations', 'read', name, {
      ...{ after: 0, limit: REMEMBERED_ENTRIES, keep: 'newest' as const },
    })
    return { row, remembered: exchangesOf(entries) }
  }

  async create(name: ChatId, agent: AgentName, title: string | null): Promise<ChatRow> {
    await this.begin()
    return this.#thread.call('conversations', 'create', { name, title, agent, session: newId('ses') }, Date.now())
  }

  async find(name: ChatId): Promise<ChatRow | null> {
    await this.#settle()
    return this.#thread.call('conversations', 'chat', name)
  }

  /** Throws `not_found`. */
  async chat(name: ChatId): Promise<ChatRow> {
    const row = await this.find(name)
    if (row !== null) return row
    throw new CastellanError('not_found', `There is no chat ${name}.`)
  }

  async list(
    agent: AgentName | null,
    limit: number,
    before: { readonly updatedAt: number; readonly id: number } | null,
  ): Promise<ChatRow[]> {
    await this.#settle()
    return this.#thread.call('conversations', 'list', agent, limit, before)
  }

  /** Throws `not_found`. */
  async usage(name: ChatId): Promise<ChatUsage> {
    await this.#settle()
    return this.#thread.call('conversations', 'usage', name)
  }

  async rename(name: ChatId, title: string | null): Promise<ChatRow> {
    await this.#settle()
    return this.#thread.call('conversations', 'rename', name, title)
  }

  async remove(name: ChatId): Promise<void> {
    await this.#settle()
    this.writer.forget(name)
    await this.#thread.call('conversations', 'remove', name)
  }

  async read(name: ChatId, options: ReadOptions): Promise<Reading> {
    await this.#settle()
    return this.#thread.call('conversations', 'read', name, options)
  }

  async said(name: ChatId, limit: number, before: number): Promise<SaidRow[]> {
    await this.#settle()
    return this.#thread.call('conversations', 'said', name, limit, before)
  }

  async search(
    words: string,
    filter: { readonly chat: ChatId | null; readonly agent: AgentName | null },
    limit: number,
    before: number | null,
  ): Promise<HitRow[]> {
    await this.#settle()
    return this.#thread.call('conversations', 'find', words, filter, limit, before)
  }

  /** What was said until now can be read. A disk that refuses does not keep what is on it from being read. */
  async #settle(): Promise<void> {
    await this.begin()
    await this.writer.settled().catch(() => undefined)
  }
}
