import type { CallId, ChatId } from '@castellan/contracts'
import type { Log } from '@castellan/daemon'
import type { Chat } from '../chat/chat.ts'
import type { StoreThread } from '../store/thread.ts'
import type { Decided, DecidedCall, KeptDecision } from './decided.ts'

/** Decisions that wait for the disk at most; beyond that they are not kept, and the log of the gateway says so. */
const MAX_WAITING = 64

/**
 * What decisions of the model on this machine came from, kept so that they can be replayed: encrypted, for as long as there is
 * room. Keeping it holds up no turn, and fails none.
 */
export class Decisions {
  readonly #thread: StoreThread
  readonly #enabled: boolean
  readonly #log: Log
  #waiting = 0

  constructor(thread: StoreThread, { enabled }: { readonly enabled: boolean }, log: Log) {
    this.#thread = thread
    this.#enabled = enabled
    this.#log = log
  }

  /** Takes a decision down. Never throws. */
  record(decided: Decided, calls: readonly DecidedCall[], chat: Pick<Chat, 'id' | 'agent'>): void {
    if (!this.#enabled || calls.length === 0) return
    if (this.#waiting >= MAX_WAITING) {
      this.#log.warn({ chat_id: chat.id }, 'a decision cannot be replayed: the disk does not keep up')
      return
    }
    this.#waiting += 1
    const plain = calls.map(({ call_id, name, args }) => ({ call_id, name, args }))
    const kept: KeptDecision = { ...decided, calls: plain, chat: chat.id, agent: chat.agent.name, at: Date.now() }
    this.#thread
      .call('decisions', 'add', kept)
      .catch((error: unknown) => this.#log.warn({ err: error }, 'a decision cannot be replayed: it was not kept'))
      .finally(() => {
        this.#waiting -= 1
      })
  }

  ofCall(callId: CallId): Promise<KeptDecision | null> {
    return this.#thread.call('decisions', 'ofCall', callId)
  }

  removeChat(chat: ChatId): Promise<number> {
    return this.#thread.call('decisions', 'removeChat', chat)
  }
}
