import {
  type ApprovalId,
  type Attachment,
  type CallId,
  CastellanError,
  type ChatId,
  type ChatMode,
  type ServerFrame,
  type SessionId,
  type Suggestion,
  type ToolProgress,
} from '@castellan/contracts'
import type { Agent } from '../agents/agent.ts'
import { type ChatMeta, isPlain, type NewEntry, wordsOf } from '../conversations/entry.ts'
import type { Remembered } from '../conversations/exchanges.ts'
import type { TranscriptWriter } from '../conversations/writer.ts'
import { History } from './history.ts'
import { Tail } from './tail.ts'

type StatusFrame = Extract<ServerFrame, { type: 'status' }>
type ProgressFrame = Extract<ServerFrame, { type: 'progress' }>
type ApprovalFrame = Extract<ServerFrame, { type: 'approval_required' }>
type VoteFrame = Extract<ServerFrame, { type: 'approval_vote' }>
type DecidedFrame = Extract<ServerFrame, { type: 'approval_decided' }>

/** Whoever hears a chat: every socket of the owner that may speak with its agent, but for the one that is excepted. */
export interface Listeners {
  tell(frame: string, options?: { readonly except?: object | undefined; readonly agent?: string }): void
}

/** Whoever reads a chat at a pace of their own. */
export interface Follower {
  /** More was said: it can be had from the chat's tail, or from the store. */
  news(): void
  /** What is going on now, as JSON. Nothing is lost where it is not read. */
  status(frame: string): void
}

export interface ChatParts {
  readonly id: ChatId
  /** Names the conversation to agentd; taint, rate limits and grants belong to it. */
  readonly session: SessionId
  /** Shows agentd that the session is this chat's, where the owner opened it; see `opening.ts`. */
  readonly sessionKey: string | undefined
  /** As it was when the chat was first used; see `sessions.ts`. */
  readonly agent: Agent
  readonly lastSeq: number
  readonly mode: ChatMode | null
  readonly remembered: Remembered
  readonly listeners: Listeners
  readonly writer: TranscriptWriter
}

/** One conversation: its session with agentd, what was said, and at most one running turn. */
export class Chat {
  readonly id: ChatId
  agent: Agent
  session: SessionId
  sessionKey: string | undefined
  readonly history = new History()
  /** What was said last; the rest is in the store. */
  readonly tail: Tail
  /** The readings offered last, to be picked by number with the next message. */
  offered: readonly Suggestion[] = []
  readonly #listeners: Listeners
  readonly #writer: TranscriptWriter
  readonly #followers = new Set<Follower>()
  #turn: AbortController | null = null
  #status: StatusFrame | null = null
  #approval: ApprovalFrame | null = null
  #progress: ProgressFrame | null = null
  #mode: ChatMode | null
  /** Set while a turn's end is being written: what is said meanwhile is heard after its `done`. */
  #held: (() => void)[] | null = null
  #deleted = false
  readonly #onIdle: (() => void)[] = []

  constructor({ id, session, sessionKey, agent, lastSeq, mode, remembered, listeners, writer }: ChatParts) {
    this.id = id
    this.session = session
    this.sessionKey = sessionKey
    this.agent = agent
    this.#mode = mode
    this.tail = new Tail(lastSeq)
    this.history.restore(remembered.exchanges, remembered.summary)
    this.#listeners = listeners
    this.#writer = writer
  }

  get running(): boolean {
    return this.#turn !== null
  }

  /** Whether it can be taken out of memory. */
  get atRest(): boolean {
    return !this.running && this.#followers.size === 0
  }

  /**
   * Begins a turn with what `asker` said. The signal tells of an abort. Throws `turn_in_progress` while another runs, and
   * `conversations_unwritable` while nothing can be written down.
   */
  begin(
    text: string,
    asker?: object,
    attachments: readonly Attachment[] = [],
  ): { readonly signal: AbortSignal; readonly seq: number } {
    if (this.#turn !== null) {
      const what = this.#approval === null ? 'A turn is still running' : 'Your approval is waited for'
      const how = this.#approval === null ? 'wait for its done' : 'approve or deny it'
      throw new CastellanError(
        'turn_in_progress',
        `${what} in chat ${this.id}: ${how}, stop it with abort, or use another chat_id.`,
      )
    }
    if (this.#writer.failure !== null) throw this.#writer.failure
    this.#turn = new AbortController()
    const files = attachments.length === 0 ? {} : { attachments: [...attachments] }
    const { seq } = this.#say({ type: 'asked', text, ...files }, asker)
    return { signal: this.#turn.signal, seq }
  }

  /** Answers `asker` in one piece while a turn runs, without being part of it. */
  aside(text: string, answer: string, asker: object): void {
    this.#say({ type: 'asked', text }, asker)
    this.#say({ type: 'text', text: answer, aside: true })
  }

  /** Ends the turn: once all of it is on disk, everyone hears its one `done`. Never rejects. */
  async end(): Promise<void> {
    this.history.close()
    this.#status = null
    this.#approval = null
    this.#progress = null
    this.#held = []
    const done = this.#number({ type: 'done' }, false)
    try {
      await this.#writer.settled()
    } catch (error) {
      const { code, message } = error as CastellanError
      this.#listeners.tell(JSON.stringify({ type: 'error', code, message, chat_id: this.id } satisfies ServerFrame), {
        agent: this.agent.name,
      })
    }
    const held = this.#held
    this.#held = null
    this.#turn = null
    this.#tell(done.text)
    for (const tell of held) tell()
    for (const tell of this.#onIdle.splice(0)) tell()
  }

  /** Resolves when no turn is running. */
  async idle(): Promise<void> {
    if (this.running) await new Promise<void>((resolve) => this.#onIdle.push(resolve))
  }

  /** Whether more waits for the disk than should: who speaks on goes at its pace, by {@link settled}. */
  get crowded(): boolean {
    return this.#writer.crowded
  }

  /** Resolves when all that was said is on disk. Rejects with `conversations_unwritable`. */
  settled(): Promise<void> {
    return this.#writer.settled()
  }

  /** Stops the running turn, if there is one. `reason` is what its listeners are told. */
  abort(reason: CastellanError): boolean {
    this.#turn?.abort(reason)
    return this.#turn !== null
  }

  /** Says something that the transcript keeps. */
  emit(frame: ServerFrame): void {
    if (frame.type === 'tool_result') this.#progress = null
    this.#say(frame)
  }

  /** What its calls are held to beside the mode of their session; null: to nothing more. */
  get mode(): ChatMode | null {
    return this.#mode
  }

  /** What goes with each of its calls. */
  get heldTo(): { readonly mode?: ChatMode } {
    return this.#mode === null ? {} : { mode: this.#mode }
  }

  /** Holds its calls to a mode from here on, and tells everyone. Throws `conversations_unwritable` while that cannot be written down. */
  holdTo(mode: ChatMode | null): void {
    if (this.#writer.failure !== null) throw this.#writer.failure
    if (mode === this.#mode) return
    this.#mode = mode
    this.#say({ type: 'mode', mode })
  }

  /** Says how far the running call is; of interest only while it lasts, so not kept. */
  progress(call_id: CallId, progress: ToolProgress): void {
    this.#progress = { type: 'progress', call_id, ...progress, chat_id: this.id }
    this.#tellNow(this.#progress)
  }

  /** Says what is going on now; of interest only while it lasts, so not kept, and not said twice. */
  status(state: StatusFrame['state'], message: string): void {
    if (this.#status?.state === state && this.#status.message === message) return
    this.#status = { type: 'status', state, message, chat_id: this.id }
    this.#tellNow(this.#status)
  }

  /** Asks for a person's word; whoever joins before it is given is asked as well. */
  askApproval(frame: ApprovalFrame): void {
    this.#approval = this.#say(frame).frame
  }

  /** One yes of several: whoever joins now is asked with the count as it stands. */
  approvalVote(frame: VoteFrame): void {
    const { given, needed } = frame
    if (this.#approval !== null) this.#approval = { ...this.#approval, votes: { given, needed } }
    this.#say(frame)
  }

  approvalDecided(frame: DecidedFrame): void {
    this.#approval = null
    this.#say(frame)
  }

  /** The approval that the running turn waits for. */
  get waitingFor(): ApprovalId | null {
    return this.#approval?.approval_id ?? null
  }

  /** What a socket that was just opened has to know to take part: what is going on, and what waits for a word. */
  get now(): readonly ServerFrame[] {
    if (!this.running) return []
    return [this.#status, this.#approval, this.#progress].filter((frame) => frame !== null)
  }

  /** Whether it was deleted, and nothing more comes. */
  get deleted(): boolean {
    return this.#deleted
  }

  /** Tells whoever follows it that nothing more comes. */
  markDeleted(): void {
    this.#deleted = true
    for (const follower of this.#followers) follower.news()
  }

  /** Returns how to leave. */
  follow(follower: Follower): () => void {
    this.#followers.add(follower)
    return () => this.#followers.delete(follower)
  }

  /** Tells what is not kept. */
  #tellNow(frame: StatusFrame | ProgressFrame): void {
    const text = JSON.stringify(frame)
    this.#listeners.tell(text, { agent: this.agent.name })
    if (frame.type === 'status') for (const follower of this.#followers) follower.status(text)
  }

  #say<Frame extends ServerFrame>(frame: Frame, except?: object): { readonly frame: Frame; readonly seq: number } {
    const { numbered, text, seq } = this.#number(frame, this.running)
    if (this.#held === null) this.#tell(text, except)
    else this.#held.push(() => this.#tell(text, except))
    if (this.#writer.overfull) this.abort(this.#writer.failure ?? tooSlow())
    return { frame: numbered, seq }
  }

  /** Gives a frame its place in the transcript and has it written down. */
  #number<Frame extends ServerFrame>(frame: Frame, running: boolean) {
    const seq = this.tail.nextSeq
    const numbered = { ...frame, chat_id: this.id, seq }
    const text = JSON.stringify(numbered)
    this.tail.append(numbered, text.length)
    this.#writer.append(this.#meta(running), entryOf(numbered, seq, text))
    return { numbered, text, seq }
  }

  #meta(running: boolean): ChatMeta {
    const { id: name, agent, session, sessionKey = null, mode } = this
    return { name, agent: agent.name, session, sessionKey, mode, running }
  }

  #tell(text: string, except?: object): void {
    this.#listeners.tell(text, { except, agent: this.agent.name })
    for (const follower of this.#followers) follower.news()
  }
}

function entryOf(frame: ServerFrame, seq: number, text: string): NewEntry {
  const plain = isPlain(frame)
  return {
    ...{ firstSeq: seq, lastSeq: seq, at: Date.now(), type: frame.type },
    frame: plain ? null : text,
    words: wordsOf(frame),
    cuts: frame.type === 'text' && plain ? [frame.text.length] : null,
  }
}

function tooSlow(): CastellanError {
  return new CastellanError(
    'conversations_unwritable',
    'The disk of the state folder does not keep up with what is said, so the turn ends here. Say it again in a moment.',
  )
}
