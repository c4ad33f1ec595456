import type { Log } from '@castellan/daemon'
import type { Chat } from '../chat/chat.ts'
import type { Exchange } from '../engines/exchange.ts'
import type { StoreThread } from '../store/thread.ts'
import type { InsightFilter, InsightPage, InsightRow } from './book.ts'

/** Exchanges that wait for the disk at most; beyond that they are dropped, and the log of the gateway says so. */
const MAX_WAITING = 64

/**
 * What was sent to models and what came back, kept on this machine: encrypted, without secrets, for as long as there is room.
 * Keeping it holds up no turn, and fails none.
 */
export class Insights {
  readonly #thread: StoreThread
  readonly #enabled: boolean
  readonly #log: Log
  #waiting = 0

  constructor(thread: StoreThread, { enabled }: { readonly enabled: boolean }, log: Log) {
    this.#thread = thread
    this.#enabled = enabled
    this.#log = log
  }

  /** Takes an exchange down. Never throws. */
  record(exchange: Exchange, chat: Pick<Chat, 'id' | 'agent' | 'tail'>): void {
    if (!this.#enabled) return
    if (this.#waiting >= MAX_WAITING) {
      this.#log.warn({ chat_id: chat.id }, 'an exchange with a model was not kept: the disk does not keep up')
      return
    }
    this.#waiting += 1
    const about = { chat: chat.id, agent: chat.agent.name, seq: chat.tail.nextSeq - 1 || null }
    this.#thread
      .call('insights', 'record', { exchange, ...about })
      .catch((error: unknown) => this.#log.warn({ err: error }, 'an exchange with a model was not kept'))
      .finally(() => {
        this.#waiting -= 1
      })
  }

  page(filter: InsightFilter, limit: number, before: number | null): Promise<InsightPage> {
    return this.#thread.call('insights', 'page', filter, limit, before)
  }

  /** Throws `not_found`. */
  one(id: number): Promise<InsightRow> {
    return this.#thread.call('insights', 'one', id)
  }

  remove(which: { chat: string | null; agent: string | null; before: number | null }): Promise<number> {
    return this.#thread.call('insights', 'remove', which)
  }
}
