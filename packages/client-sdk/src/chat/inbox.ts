import type { CastellanError } from '../error.ts'
import type { ServerFrame } from '../generated/schemas.ts'
import type { Listener } from './connection.ts'

/** Most frames that wait for a reader; a slower one reads the transcript instead. */
const MOST_WAITING = 1024

/** What there is for a reader next: a frame, or word that frames may be missing. */
export type News = { readonly frame: ServerFrame } | 'missed'

/** The frames of one chat that wait to be read, bounded. */
export class Inbox implements Listener {
  readonly #chatId: string
  readonly #frames: ServerFrame[] = []
  #missed = true
  #ended: CastellanError | undefined
  #wake = () => {}

  constructor(chatId: string) {
    this.#chatId = chatId
  }

  frame(frame: ServerFrame): void {
    if ('chat_id' in frame && frame.chat_id !== undefined && frame.chat_id !== this.#chatId) return
    if (this.#frames.length < MOST_WAITING) this.#frames.push(frame)
    else this.missed()
    this.#wake()
  }

  /** What waits is in the transcript as well, so it need not wait. */
  missed(): void {
    this.#frames.length = 0
    this.#missed = true
    this.#wake()
  }

  ended(error: CastellanError): void {
    this.#ended = error
    this.#wake()
  }

  /** Rejects when the credential ended, or with the signal's reason. */
  async next(signal: AbortSignal | undefined): Promise<News> {
    for (;;) {
      signal?.throwIfAborted()
      if (this.#missed) {
        this.#missed = false
        return 'missed'
      }
      const frame = this.#frames.shift()
      if (frame !== undefined) return { frame }
      if (this.#ended !== undefined) throw this.#ended
      await this.#news(signal)
    }
  }

  async #news(signal: AbortSignal | undefined): Promise<void> {
    await new Promise<void>((resolve) => {
      const wake = () => {
        signal?.removeEventListener('abort', wake)
        resolve()
      }
      this.#wake = wake
      signal?.addEventListener('abort', wake, { once: true })
    })
  }
}
