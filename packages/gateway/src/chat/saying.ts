import type { Chat } from './chat.ts'

/** Most of what a model thought that the chat is shown, in characters. */
const THOUGHT_CHARACTERS = 32 * 1024

/** One answer while it comes: its words go out at once, its thoughts in one piece before them and never among them. */
export class Saying {
  readonly #chat: Chat
  #thought = ''
  #text = ''
  #whole = ''

  constructor(chat: Chat) {
    this.#chat = chat
  }

  text(text: string): void {
    this.end()
    this.#text += text
    this.#whole += text
    this.#chat.emit({ type: 'text', text })
  }

  thought(text: string): void {
    if (this.#thought === '') this.#chat.status('thinking', 'The model is thinking.')
    this.#whole += text
    this.#thought += text.slice(0, THOUGHT_CHARACTERS - this.#thought.length)
  }

  /** The thought before this is over. */
  end(): void {
    if (this.#thought.trim() !== '') this.#chat.emit({ type: 'reasoning', text: this.#thought })
    this.#thought = ''
  }

  /** The words since the last time. */
  take(): string {
    const text = this.#text
    this.#text = ''
    return text
  }

  /** All that the model wrote, thoughts included. */
  get whole(): string {
    return this.#whole
  }
}
