import {
  type ApprovalId,
  CastellanError,
  type ChatId,
  newId,
  type ServerFrame,
  type SessionId,
  type Suggestion,
} from '@castellan/contracts'
import { History } from './history.ts'
import { Transcript } from './transcript.ts'

type StatusFrame = Extract<ServerFrame, { type: 'status' }>
type ApprovalFrame = Extract<ServerFrame, { type: 'approval_required' }>
type VoteFrame = Extract<ServerFrame, { type: 'approval_vote' }>
type DecidedFrame = Extract<ServerFrame, { type: 'approval_decided' }>

/** Whoever hears a chat: every socket of the owner, but for the one that is excepted. */
export interface Listeners {
  tell(frame: string, except?: object): void
}

/** One conversation: its session with agentd, what was said, and at most one running turn. */
export class Chat {
  readonly id: ChatId
  /** Names the conversation to agentd; taint, rate limits and grants belong to it. */
  readonly session: SessionId = newId('ses')
  /** Shows agentd that the session is this chat's, where the owner opened it; see `opening.ts`. */
  sessionKey: string | undefined
  readonly history = new History()
  readonly transcript = new Transcript()
  /** The readings offered last, to be picked by number with the next message. */
  offered: readonly Suggestion[] = []
  readonly #listeners: Listeners
  #turn: AbortController | null = null
  #status: StatusFrame | null = null
  #approval: ApprovalFrame | null = null
  readonly #onIdle: (() => void)[] = []

  constructor(id: ChatId, listeners: Listeners) {
    this.id = id
    this.#listeners = listeners
  }

  get running(): boolean {
    return this.#turn !== null
  }

  /** Begins a turn with what `asker` said. Throws `turn_in_progress` while another runs. The signal tells of an abort. */
  begin(text: string, asker: object): AbortSignal {
    if (this.#turn !== null) {
      const what = this.#approval === null ? 'A turn is still running' : 'Your approval is waited for'
      const how = this.#approval === null ? 'wait for its done' : 'approve or deny it'
      throw new CastellanError(
        'turn_in_progress',
        `${what} in chat ${this.id}: ${how}, stop it with abort, or use another chat_id.`,
      )
    }
    this.#turn = new AbortController()
    this.#say({ type: 'asked', text }, asker)
    return this.#turn.signal
  }

  /** Answers `asker` in one piece while a turn runs, without being part of it. */
  aside(text: string, answer: string, asker: object): void {
    this.#say({ type: 'asked', text }, asker)
    this.#say({ type: 'text', text: answer, aside: true })
  }

  /** Ends the turn; everyone hears its one `done`. */
  end(): void {
    this.history.close()
    this.#turn = null
    this.#status = null
    this.#approval = null
    this.emit({ type: 'done' })
    for (const tell of this.#onIdle.splice(0)) tell()
  }

  /** Resolves when no turn is running. */
  async idle(): Promise<void> {
    if (this.running) await new Promise<void>((resolve) => this.#onIdle.push(resolve))
  }

  /** Stops the running turn, if there is one. `reason` is what its listeners are told. */
  abort(reason: CastellanError): boolean {
    this.#turn?.abort(reason)
    return this.#turn !== null
  }

  /** Says something that the transcript keeps. */
  emit(frame: ServerFrame): void {
    this.#say(frame)
  }

  /** Says what is going on now; of interest only while it lasts, so not kept, and not said twice. */
  status(state: StatusFrame['state'], message: string): void {
    if (this.#status?.state === state && this.#status.message === message) return
    this.#status = { type: 'status', state, message, chat_id: this.id }
    this.#listeners.tell(JSON.stringify(this.#status))
  }

  /** Asks for a person's word; whoever joins before it is given is asked as well. */
  askApproval(frame: ApprovalFrame): void {
    this.#approval = this.#say(frame)
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
    return [this.#status, this.#approval].filter((frame) => frame !== null)
  }

  #say<Frame extends ServerFrame>(frame: Frame, except?: object): Frame {
    const numbered = { ...frame, chat_id: this.id, seq: this.transcript.nextSeq }
    const text = JSON.stringify(numbered)
    this.transcript.append(numbered, text.length)
    this.#listeners.tell(text, except)
    return numbered
  }
}
