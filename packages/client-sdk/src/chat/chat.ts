import { backoff, pause } from '../backoff.ts'
import { CastellanError } from '../error.ts'
import type { Operations } from '../generated/operations.ts'
import type { ServerFrame } from '../generated/schemas.ts'
import type { RequestOptions, Requests } from '../request.ts'
import type { Connection } from './connection.ts'
import { Inbox } from './inbox.ts'

/** Frames that cannot be had any more: the chat was deleted, or forgot them. */
export interface Gap {
  readonly type: 'gap'
  readonly chat_id: string
  /** How many. */
  readonly missed: number
}

export type ChatFrame = ServerFrame | Gap

export interface FollowOptions {
  /** The `seq` of the last frame that is known; without it only what is said from now on. */
  readonly after?: number
  readonly signal?: AbortSignal | undefined
}

/** Most entries of one look into the transcript. */
const LOOK = 500

/** One conversation. Whatever happens to the connection, each frame that has a `seq` is yielded once, in order. */
export class Chat {
  readonly id: string
  readonly #requests: Requests
  readonly #connection: Connection

  constructor(id: string, requests: Requests, connection: Connection) {
    this.id = id
    this.#requests = requests
    this.#connection = connection
  }

  /**
   * Says something and yields what the turn says, up to and with its `done`. The message is sent by a request with a key, so
   * that it is said once even when the network fails in between. Aborting the signal stops the turn.
   */
  async *ask(
    text: string,
    options: RequestOptions & { readonly agent?: string } = {},
  ): AsyncGenerator<ChatFrame, void, void> {
    const { agent, ...rest } = options
    const { signal } = options
    const body = agent === undefined ? { text } : { text, agent }
    const { seq } = await this.#requests.ask('sendMessage', { params: { chat_id: this.id }, body }, rest)
    try {
      for await (const frame of this.follow({ after: seq, signal })) {
        yield frame
        if (frame.type === 'done' && (frame.seq ?? 0) > seq) return
      }
    } finally {
      if (signal?.aborted) await this.abort().catch(() => undefined)
    }
  }

  /** Yields what is said in this chat, by whomever, until the signal is aborted or the loop is left. */
  async *follow({ after, signal }: FollowOptions = {}): AsyncGenerator<ChatFrame, void, void> {
    const inbox = new Inbox(this.id)
    const leave = this.#connection.listen(inbox)
    try {
      let last = after ?? (await this.#transcript({ after: 0, limit: 1, keep: 'newest' }, signal)).last_seq
      for (;;) {
        const news = await inbox.next(signal)
        if (news === 'missed') {
          last = yield* this.#catchUp(last, signal)
          continue
        }
        const { frame } = news
        const seq = 'seq' in frame ? frame.seq : undefined
        // Frames of one socket come in order and without a hole, but for the one that nobody hears who said it.
        if (seq !== undefined && seq > last + 1) last = yield* this.#catchUp(last, signal)
        if (seq !== undefined && seq <= last) continue
        if (seq !== undefined) last = seq
        yield frame
      }
    } finally {
      leave()
    }
  }

  /** Stops the running turn. False when none runs. */
  async abort(options?: RequestOptions): Promise<boolean> {
    return (await this.#requests.ask('abortTurn', { params: { chat_id: this.id } }, options)).aborted
  }

  /** Yields what the transcript has after `last`, and returns the `seq` of the last frame. */
  async *#catchUp(last: number, signal: AbortSignal | undefined): AsyncGenerator<ChatFrame, number, void> {
    let known = last
    for (;;) {
      const { entries, forgotten, last_seq, more } = await this.#transcript(
        { after: known, limit: LOOK, keep: 'oldest' },
        signal,
      )
      if (last_seq < known) {
        // The chat was deleted and begins anew: what there was after `last` will never be known.
        yield { type: 'gap', chat_id: this.id, missed: 0 }
        known = 0
        continue
      }
      if (forgotten > 0) yield { type: 'gap', chat_id: this.id, missed: forgotten }
      for (const { frame } of entries) {
        known = ('seq' in frame ? frame.seq : undefined) ?? known
        yield frame
      }
      if (!more) return Math.max(known, last_seq)
    }
  }

  /** Asks for as long as it takes: whoever follows a chat outlives a gateway that starts again. */
  async #transcript(
    query: NonNullable<Operations['getTranscript']['input']['query']>,
    signal: AbortSignal | undefined,
  ): Promise<Operations['getTranscript']['answer']> {
    for (let tries = 0; ; tries++) {
      try {
        return await this.#requests.ask('getTranscript', { params: { chat_id: this.id }, query }, { signal })
      } catch (error) {
        const lasting =
          error instanceof CastellanError && error.status >= 400 && error.status < 500 && error.status !== 429
        if (lasting || !(error instanceof CastellanError)) throw error
        await pause(backoff(tries, 500), signal)
      }
    }
  }
}
