import type { Duplex } from 'node:stream'
import { CastellanError, type ClientFrame, type ServerFrame } from '@castellan/contracts'
import type { WebSocket } from 'ws'
import { freezeFrame } from '../emergency/tell.ts'
import type { Caller } from '../plugins/auth.ts'
import { toCastellanError } from '../plugins/errors.ts'
import type { TraceContext } from '../telemetry/trace-context.ts'
import { requireAgent, requireServer } from '../tokens/rights.ts'
import type { Chat } from './chat.ts'
import { readingAnswer } from './commands.ts'
import { carryDecision, type DecisionParts } from './decisions.ts'
import type { Followers } from './followers.ts'
import { readClientFrame } from './frames.ts'
import { Outbox } from './outbox.ts'
import { MAIN_CHAT } from './sessions.ts'
import { chatFor, type SpeakParts, speak } from './speak.ts'

/** What a client gets to answer a close with its own, in milliseconds. */
const LEAVE_MS = 1_000
/** For the answer to a command that only reads, in milliseconds. */
const ASIDE_MS = 10_000

export type ConnectionParts = DecisionParts & SpeakParts & { readonly followers: Followers }

/** Who opened a socket, and in which trace. */
export interface Handshake {
  readonly caller: Caller
  readonly trace: TraceContext | null
}

/** One open chat socket: what it says is read here, what the owner's chats say goes out here. */
export class Connection {
  readonly credential: string
  readonly #socket: WebSocket
  readonly #outbox: Outbox
  /** A token that was presented stays with the socket alone, to vouch for its approvals. */
  readonly #caller: Caller
  readonly #parts: ConnectionParts
  #heard = true
  #lastFrameAt = Date.now()
  /** Frames are obeyed one after another: what is said first is begun before what comes after it is looked at. */
  #obeyed: Promise<void> = Promise.resolve()
  #unread = 0

  constructor(socket: WebSocket, stream: Duplex, { caller, trace }: Handshake, parts: ConnectionParts) {
    this.credential = caller.credential
    this.#socket = socket
    this.#outbox = new Outbox(socket, stream)
    this.#caller = caller
    this.#parts = parts
    socket.once('close', () => parts.followers.leave(this))
    socket.on('pong', () => {
      this.#heard = true
    })
    socket.on('message', (data, isBinary) => {
      // A closing socket still delivers what was on its way; whoever was let in no longer is.
      if (caller.standing.ended) return
      this.#heard = true
      this.#lastFrameAt = Date.now()
      parts.tracing.within(trace, () => this.#receive(String(data), isBinary))
    })
  }

  /** What a new socket has to know: that it is heard, and what is going on. */
  welcome(): void {
    this.#tell({ type: 'status', state: 'ready' })
    const { freeze } = this.#parts.freezeWatch
    if (freeze !== null) this.#tell(freezeFrame(freeze))
    const running = this.#parts.chats.running.filter((chat) => this.mayHear(chat.agent.name))
    for (const frame of running.flatMap((chat) => chat.now)) this.#tell(frame)
  }

  /** Whether it is for this socket what an agent's chats say: a token may be for one agent alone. */
  mayHear(agent: string): boolean {
    return this.#caller.agent === null || this.#caller.agent === agent
  }

  /** Sends a frame's JSON; see {@link Outbox} for clients that do not keep up. */
  send(frame: string): void {
    if (!this.#caller.standing.ended) this.#outbox.send(frame)
  }

  /** Sends a ping. Drops the socket when the last one was never answered: nobody is there. */
  beat(): void {
    if (this.#heard) this.#socket.ping()
    else this.#socket.terminate()
    this.#heard = false
  }

  /** Milliseconds since the client's last frame, once that was obeyed. */
  get idleMs(): number {
    return this.#unread > 0 ? 0 : Date.now() - this.#lastFrameAt
  }

  /** A turn was running until now: its client had no reason to say anything. */
  keepAwake(): void {
    this.#lastFrameAt = Date.now()
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason)
  }

  /** Closes, and resolves when the client has gone or has had a second to. */
  async leave(code: number, reason: string): Promise<void> {
    const gone = new Promise((resolve) => this.#socket.once('close', resolve))
    this.#socket.close(code, reason)
    const timer = setTimeout(() => this.#socket.terminate(), LEAVE_MS)
    await gone
    clearTimeout(timer)
  }

  #receive(text: string, isBinary: boolean): void {
    this.#unread += 1
    // What nothing waits before is obeyed at once: most frames are answered before the next one is looked for.
    if (this.#unread === 1) this.#obeyed = this.#take(text, isBinary) ?? this.#obeyed
    else this.#obeyed = this.#obeyed.then(() => this.#take(text, isBinary))
  }

  /** A promise where it takes longer, which never rejects. */
  #take(text: string, isBinary: boolean): Promise<void> | undefined {
    let frame: ClientFrame | undefined
    const refuse = (error: unknown) => this.#refuse(error, frame)
    try {
      if (isBinary)
        throw new CastellanError('unknown_frame', 'Send JSON in text frames; binary ones mean nothing here.')
      frame = readClientFrame(text)
      // It may have ended while this waited for its turn.
      const obeying = this.#caller.standing.ended ? undefined : this.#obey(frame)
      if (obeying !== undefined) {
        return obeying.catch(refuse).then(() => {
          this.#unread -= 1
        })
      }
    } catch (error) {
      refuse(error)
    }
    this.#unread -= 1
    return undefined
  }

  #obey(frame: ClientFrame): Promise<void> | undefined {
    switch (frame.type) {
      case 'chat':
        return this.#say(frame)
      case 'abort':
        this.#abort(frame)
        return undefined
      case 'follow':
        requireServer(this.#caller)
        this.#parts.followers.follow(this, frame.after)
        return undefined
      default:
        carryDecision(frame, this.#caller, this.#parts).catch((error: unknown) => this.#refuse(error, frame))
        return undefined
    }
  }

  async #say(frame: Extract<ClientFrame, { type: 'chat' }>): Promise<void> {
    const chat = await chatFor(frame, this.#caller, this.#parts)
    if (chat.running && this.#answerAside(frame, chat)) return
    speak(frame, chat, this.#caller, this.#parts, this)
  }

  #abort({ chat_id = MAIN_CHAT }: Extract<ClientFrame, { type: 'abort' }>): void {
    const chat = this.#parts.chats.find(chat_id)
    if (chat !== undefined) requireAgent(this.#caller, chat.agent.name)
    const stopped = chat?.abort(new CastellanError('cancelled', 'Stopped.')) ?? false
    if (!stopped) this.#tell({ type: 'status', state: 'idle', message: 'Nothing is running in this chat.', chat_id })
  }

  /** A command that only reads is answered while a turn runs, such as one that waits for this very person. */
  #answerAside(frame: Extract<ClientFrame, { type: 'chat' }>, chat: Chat): boolean {
    const engine = this.#parts.engineOf(chat.agent)
    const answer = readingAnswer(frame.text, { ...this.#parts, chat, engine, signal: AbortSignal.timeout(ASIDE_MS) })
    if (answer === undefined) return false
    Promise.resolve(answer).then(
      (text) => chat.aside(frame.text, text, this),
      (error: unknown) => this.#refuse(error, frame),
    )
    return true
  }

  #refuse(thrown: unknown, frame: ClientFrame | undefined): void {
    const error = toCastellanError(thrown)
    if (error.code === 'internal') this.#parts.log.error({ err: thrown }, 'a frame could not be served')
    const chat = frame?.type === 'chat' || frame?.type === 'abort' ? { chat_id: frame.chat_id ?? MAIN_CHAT } : {}
    this.#tell({ type: 'error', code: error.code, message: error.message, ...chat })
  }

  #tell(frame: ServerFrame): void {
    this.send(JSON.stringify(frame))
  }
}
