import type { ServerFrame } from '@castellan/contracts'
import type { Conversations } from '../conversations/conversations.ts'
import type { Chat } from './chat.ts'

/** How often a stream says that it is still there, in milliseconds. */
const HEARTBEAT_MS = 15_000
/** What a client should wait before it comes back, in milliseconds. */
const RETRY_MS = 2_000
/** Entries that are read from the store at once. */
const PAGE = 200

/**
 * A chat as server-sent events (HTML standard, section 9.2), from after a number on: first what was said, then what is being said. The
 * reader sets the pace; while it is busy nothing gathers here, because what it has not heard yet stays where it is. Ends with `signal`, and
 * when the chat is deleted.
 */
export async function* chatEvents(
  chat: Chat,
  after: number,
  conversations: Pick<Conversations, 'read'>,
  signal: AbortSignal,
): AsyncGenerator<string, void, void> {
  const pace = new Pace(signal)
  const leave = chat.follow(pace)
  try {
    yield `retry: ${RETRY_MS}\n\n`
    for (const frame of chat.now) if (frame.type === 'status') pace.status(JSON.stringify(frame))
    for (let heard = after; !signal.aborted; ) {
      const frames = await said(chat, heard, conversations)
      if (frames === null) return
      for (const frame of frames) {
        if (signal.aborted) return
        yield eventOf(frame)
        heard = 'seq' in frame ? (frame.seq ?? heard) : heard
      }
      if (frames.length > 0) continue
      const status = pace.takeStatus()
      if (status !== null) yield `event: status\ndata: ${status}\n\n`
      else if (!(await pace.hasNews(HEARTBEAT_MS))) yield ': still here\n\n'
    }
  } finally {
    leave()
  }
}

/** The next frames after a number: none when all was heard, null when the chat is gone. */
async function said(
  chat: Chat,
  heard: number,
  conversations: Pick<Conversations, 'read'>,
): Promise<readonly ServerFrame[] | null> {
  if (chat.deleted) return null
  const tail = chat.tail.after(heard)
  if (tail.forgotten === 0) return tail.entries.map(({ frame }) => frame)
  const { entries } = await conversations.read(chat.id, { after: heard, limit: PAGE, keep: 'oldest' })
  return entries.length === 0 ? null : entries.map(({ frame }) => frame)
}

function eventOf(frame: ServerFrame): string {
  const id = 'seq' in frame && frame.seq !== undefined ? `id: ${frame.seq}\n` : ''
  return `${id}event: ${frame.type}\ndata: ${JSON.stringify(frame)}\n\n`
}

/** Lets a reader wait until there is something for it. Of statuses only the newest is kept. */
class Pace {
  readonly #signal: AbortSignal
  #status: string | null = null
  #fresh = false
  #wake: (() => void) | null = null

  constructor(signal: AbortSignal) {
    this.#signal = signal
    signal.addEventListener('abort', () => this.news(), { once: true })
  }

  news(): void {
    this.#fresh = true
    this.#wake?.()
  }

  status(frame: string): void {
    this.#status = frame
    this.news()
  }

  takeStatus(): string | null {
    const status = this.#status
    this.#status = null
    return status
  }

  /** Resolves with true as soon as there is news since the last call, or with false when the time is up. */
  async hasNews(withinMs: number): Promise<boolean> {
    if (!this.#fresh && !this.#signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#wake = resolve
      const timer = setTimeout(resolve, withinMs)
      await promise
      clearTimeout(timer)
      this.#wake = null
    }
    const fresh = this.#fresh
    this.#fresh = false
    return fresh
  }
}
