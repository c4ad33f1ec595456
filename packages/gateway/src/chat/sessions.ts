import { type ApprovalId, CastellanError, ChatId } from '@castellan/contracts'
import { Chat, type Listeners } from './chat.ts'

/** Chats kept in memory; beyond that, the one unused for longest makes room. */
const MAX_CHATS = 64

export const MAIN_CHAT = ChatId.parse('main')

/** The owner's conversations, by name. They live in memory and end with the gateway. */
export class ChatSessions {
  readonly #listeners: Listeners
  /** Least recently used first. */
  readonly #chats = new Map<ChatId, Chat>()

  constructor(listeners: Listeners) {
    this.#listeners = listeners
  }

  /** The chat of that name, begun if there was none. Throws `busy` when all 64 have a turn running. */
  open(id: ChatId = MAIN_CHAT): Chat {
    const chat = this.#chats.get(id) ?? this.#begin(id)
    this.#chats.delete(id)
    this.#chats.set(id, chat)
    return chat
  }

  find(id: ChatId = MAIN_CHAT): Chat | undefined {
    return this.#chats.get(id)
  }

  /** Chats with a turn running. */
  get running(): Chat[] {
    return [...this.#chats.values()].filter((chat) => chat.running)
  }

  /** The chat whose turn waits for this approval. */
  waitingFor(id: ApprovalId): Chat | undefined {
    return this.running.find((chat) => chat.waitingFor === id)
  }

  #begin(id: ChatId): Chat {
    if (this.#chats.size >= MAX_CHATS) {
      const unused = [...this.#chats.values()].find((chat) => !chat.running)
      if (unused === undefined) {
        throw new CastellanError(
          'busy',
          `${MAX_CHATS} chats have a turn running; wait for one of them, or stop one with abort.`,
        )
      }
      this.#chats.delete(unused.id)
    }
    return new Chat(id, this.#listeners)
  }
}
