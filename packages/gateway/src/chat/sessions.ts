import { type AgentName, type ApprovalId, CastellanError, ChatId, newId } from '@castellan/contracts'
import type { Agent } from '../agents/agent.ts'
import type { Conversations } from '../conversations/conversations.ts'
import { Chat, type Listeners } from './chat.ts'

/** Chats kept in memory; beyond that, the one unused for longest makes room, and is read again when it is used. */
const MAX_CHATS = 64

export const MAIN_CHAT = ChatId.parse('main')

/** Who can be talked to, as of now. */
export interface CurrentAgents {
  readonly default: Agent
  /** Throws `not_found` for an agent that is not there (any more). */
  get(name: string): Agent
}

export interface ChatSessionsParts {
  readonly listeners: Listeners
  readonly conversations: Conversations
  readonly agents: CurrentAgents
}

/**
 * The owner's conversations, by name. The store has them all; those in use are in memory. A chat keeps its agent (prompt, engine,
 * credential) as it was when the chat was first used since the gateway started, until {@link renew}.
 */
export class ChatSessions {
  readonly #parts: ChatSessionsParts
  /** Least recently used first. */
  readonly #chats = new Map<ChatId, Chat>()
  readonly #opening = new Map<ChatId, Promise<Chat>>()
  readonly #removing = new Map<ChatId, Promise<void>>()
  /** Of chats that made room: using one again does not change what it goes by. */
  readonly #snapshots = new Map<ChatId, Agent>()

  constructor(parts: ChatSessionsParts) {
    this.#parts = parts
  }

  /**
   * The chat of that name, begun if there was none. Throws `busy` when all 64 in memory are in use, `not_found` for an agent that is
   * not there, and `conflict` where the chat belongs to another one than `wanted`.
   */
  async open(id: ChatId = MAIN_CHAT, wanted?: AgentName): Promise<Chat> {
    const chat = this.#chats.get(id) ?? (await this.#load(id, wanted))
    if (wanted !== undefined && chat.agent.name !== wanted) {
      throw new CastellanError(
        'conflict',
        `Chat ${id} belongs to the agent ${chat.agent.name}; use another chat_id to speak with ${wanted}.`,
      )
    }
    if (this.#chats.delete(id)) this.#chats.set(id, chat)
    return chat
  }

  /** The chat of that name where it is in memory: one that is running always is. */
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

  /** From its next turn on, the chat goes by its agent as it is now. Throws `not_found`. */
  async renew(id: ChatId): Promise<Chat> {
    const chat = await this.open(id)
    chat.agent = this.#parts.agents.get(chat.agent.name)
    return chat
  }

  /** Deletes a chat for good. Throws `not_found`, and `turn_in_progress` while one runs in it. */
  async remove(id: ChatId): Promise<void> {
    await this.#opening.get(id)?.catch(() => undefined)
    const chat = this.#chats.get(id)
    if (chat?.running === true) {
      throw new CastellanError('turn_in_progress', `A turn is running in chat ${id}; stop it first, with abort.`)
    }
    this.#chats.delete(id)
    this.#snapshots.delete(id)
    const removing = this.#parts.conversations.remove(id).finally(() => {
      this.#removing.delete(id)
      chat?.markDeleted()
    })
    this.#removing.set(id, removing)
    await removing
  }

  #load(id: ChatId, wanted: AgentName | undefined): Promise<Chat> {
    const known = this.#opening.get(id)
    if (known !== undefined) return known
    const opening = this.#read(id, wanted).finally(() => this.#opening.delete(id))
    this.#opening.set(id, opening)
    return opening
  }

  async #read(id: ChatId, wanted: AgentName | undefined): Promise<Chat> {
    const { agents, conversations, listeners } = this.#parts
    // What is being deleted is not taken up again.
    await this.#removing.get(id)?.catch(() => undefined)
    const left = await conversations.left(id)
    const name = left?.row.agent ?? wanted
    const agent = this.#snapshots.get(id) ?? (name === undefined ? agents.default : agents.get(name))
    this.#makeRoom()
    const chat = new Chat({
      ...{ id, agent, listeners, writer: conversations.writer },
      session: left?.row.session ?? newId('ses'),
      sessionKey: left?.row.session_key ?? undefined,
      lastSeq: left?.row.last_seq ?? 0,
      mode: left?.row.mode ?? null,
      remembered: left?.remembered ?? { exchanges: [], summary: null },
    })
    this.#chats.set(id, chat)
    return chat
  }

  #makeRoom(): void {
    if (this.#chats.size < MAX_CHATS) return
    const unused = [...this.#chats.values()].find((chat) => chat.atRest)
    if (unused === undefined) {
      throw new CastellanError(
        'busy',
        `${MAX_CHATS} chats are in use at once; wait for one of them, or stop one with abort.`,
      )
    }
    this.#snapshots.set(unused.id, unused.agent)
    this.#chats.delete(unused.id)
  }
}
