import { type ReadonlySignal, signal } from '@preact/signals'
import { Chat, type ChatParts } from './chat.ts'
import { MAIN_CHAT } from './state.ts'

/** Chats that are kept as they were seen, so that going back to one costs nothing. */
const KEPT = 8

/** The chats of this page: one is before the reader's eyes, those seen last are kept up to date behind it. */
export class Chats {
  readonly #parts: ChatParts
  /** Seen longest ago first. */
  readonly #open = new Map<string, Chat>()
  readonly #current
  readonly #news = signal(0)
  readonly #forgotten = signal(0)
  /** Begun here without a name. */
  readonly #nameless = new Set<string>()
  #hangUp = () => {}
  #started = false

  readonly current: ReadonlySignal<Chat>
  /** Another number whenever a chat, perhaps one that is not shown, begins or ends a turn. */
  readonly news: ReadonlySignal<number> = this.#news
  /** How many were let go of because they were deleted. */
  readonly forgotten: ReadonlySignal<number> = this.#forgotten

  constructor(parts: ChatParts) {
    this.#parts = parts
    this.#current = signal(this.#chat(MAIN_CHAT))
    this.current = this.#current
  }

  start(): void {
    this.#started = true
    this.#hangUp = this.#parts.line.listen({
      frame: ({ type }) => {
        if (type === 'asked' || type === 'done' || type === 'mode') this.#news.value += 1
      },
    })
    for (const chat of this.#open.values()) chat.start()
  }

  stop(): void {
    this.#hangUp()
    for (const chat of this.#open.values()) chat.stop()
  }

  /** Puts a chat before the reader's eyes. */
  show(id: string): Chat {
    const chat = this.#chat(id)
    this.#open.delete(id)
    this.#open.set(id, chat)
    this.#current.value = chat
    return chat
  }

  /** A chat was begun here; without a title it is called after its first message. */
  begun({ chat_id, title }: { readonly chat_id: string; readonly title: string | null }): void {
    if (title === null) this.#nameless.add(chat_id)
  }

  /** Whether a chat waits to be called after its first message, once: whoever asks names it. */
  takeNameless(id: string): boolean {
    return this.#nameless.delete(id)
  }

  /** Something about a chat is another one now, such as its title. */
  changed(): void {
    this.#news.value += 1
  }

  /** Lets go of a chat that was deleted: one of that name begins anew. */
  forget(id: string): void {
    this.#open.get(id)?.stop()
    this.#open.delete(id)
    this.#news.value += 1
    this.#forgotten.value += 1
  }

  #chat(id: string): Chat {
    const known = this.#open.get(id)
    if (known !== undefined) return known
    const chat = new Chat(this.#parts, id)
    this.#open.set(id, chat)
    if (this.#started) chat.start()
    this.#makeRoom()
    return chat
  }

  /** A draft, or a turn that runs, is not let go of. */
  #makeRoom(): void {
    if (this.#open.size <= KEPT) return
    const spare = [...this.#open.values()].find((chat) => {
      return chat !== this.#current.peek() && chat.draft.peek() === '' && !chat.state.peek().running
    })
    if (spare === undefined) return
    spare.stop()
    this.#open.delete(spare.id)
  }
}
