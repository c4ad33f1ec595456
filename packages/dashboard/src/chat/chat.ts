import type { Attachment, ServerFrame } from '@castellan/contracts'
import { type ReadonlySignal, signal } from '@preact/signals'
import { backoff } from '../connection/backoff.ts'
import { type Gateway, RequestError } from '../connection/http.ts'
import type { Line } from '../connection/line.ts'
import type { ConnectionState, SocketHost } from '../connection/socket.ts'
import type { Signer } from '../session/signer.ts'
import { readsOnly } from './completion.ts'
import { type ChatAction, leavesGap, reduce } from './reduce.ts'
import { type ApprovalVerdict, type ChatState, emptyChat, type GapItem, MAIN_CHAT, type ToolItem } from './state.ts'

/** Frames that come faster than this are shown together: a screen draws about 60 times a second. */
const DRAW_MS = 16

export interface ChatParts {
  readonly gateway: Pick<Gateway, 'transcript'>
  readonly line: Line
  readonly host: Pick<SocketHost, 'after' | 'now' | 'random'>
  readonly signer: Signer
  readonly onSignedOut: () => void
}

/** One chat as the page shows it: what the socket says and what the transcript remembers, put together without loss. */
export class Chat {
  readonly id: string
  readonly #state
  readonly #loaded = signal(false)
  readonly #syncing = signal(false)
  readonly #parts: ChatParts
  #hangUp = () => {}
  /** Frames that were received and are not shown yet, in order. */
  readonly #inbox: ServerFrame[] = []
  #drawing = false
  #syncFailures = 0
  #stopped = false

  /** False until the transcript was read for the first time. */
  readonly loaded: ReadonlySignal<boolean> = this.#loaded
  readonly state: ReadonlySignal<ChatState>
  readonly connection: ReadonlySignal<ConnectionState>
  /** What was typed and attached here and is not sent yet: it stays while other chats are looked at. */
  readonly draft = signal('')
  readonly attached = signal<readonly Attachment[]>([])

  constructor(parts: ChatParts, id: string = MAIN_CHAT) {
    this.#parts = parts
    this.id = id
    this.#state = signal<ChatState>({ ...emptyChat, chatId: id })
    this.state = this.#state
    this.connection = parts.line.state
  }

  start(): void {
    this.#hangUp = this.#parts.line.listen({
      state: (state) => this.#connectionIs(state),
      frame: (frame) => this.#receive(frame),
    })
    if (this.connection.value.kind === 'open') void this.#sync()
  }

  stop(): void {
    this.#stopped = true
    this.#hangUp()
  }

  /** Whether this would be heard now: anything between turns, and while one runs the commands that only read. */
  hears(text: string): boolean {
    const connected = this.connection.value.kind === 'open' && this.#loaded.value && !this.#syncing.value
    return connected && (!this.#state.value.running || readsOnly(text))
  }

  /** Says something. False when it could not be sent, so that its words stay where they were typed. */
  say(text: string, attachments: readonly Attachment[] = []): boolean {
    const words = text.trim()
    if (words === '' || !this.hears(words)) return false
    const files = attachments.length === 0 ? {} : { attachments: [...attachments] }
    if (!this.#parts.line.send({ type: 'chat', text: words, ...files, chat_id: this.id })) return false
    this.#apply({ type: 'said', text: words, aside: this.#state.value.running, attachments })
    return true
  }

  /** Stops the running turn. */
  abort(): void {
    if (this.#state.value.running) this.#parts.line.send({ type: 'abort', chat_id: this.id })
  }

  /** Answers an approval with this browser's key. Throws what {@link Signer.sign} throws; then nothing was sent. */
  async decide(tool: ToolItem, verdict: ApprovalVerdict): Promise<void> {
    const { approval } = tool
    if (approval === null || approval.answered !== null || approval.decision !== null) return
    this.#apply({ type: 'answered', approvalId: approval.id, verdict })
    try {
      const proof = await this.#parts.signer.sign(tool, approval, verdict)
      if (this.#parts.line.send({ type: verdict, approval_id: approval.id, ...proof })) return
      this.#apply({ type: 'unanswered', approvalId: approval.id })
    } catch (error) {
      this.#apply({ type: 'unanswered', approvalId: approval.id })
      throw error
    }
  }

  /** Reads what belongs where the gap is, the newest of it first. Throws {@link RequestError}. */
  async fill(gap: GapItem): Promise<void> {
    const transcript = await this.#parts.gateway.transcript(this.id, gap.after, gap.before)
    this.#apply({ type: 'earlier', gap, transcript })
  }

  /** Reads as much as it takes for that place of the transcript to be shown. Throws {@link RequestError}. */
  async reach(seq: number): Promise<void> {
    for (;;) {
      const gap = this.#state.value.items.find((item): item is GapItem => {
        return item.kind === 'gap' && item.after < seq && seq < item.before
      })
      if (gap === undefined) return
      await this.fill(gap)
      if (this.#state.value.items.includes(gap)) return
    }
  }

  #connectionIs(state: ConnectionState): void {
    if (state.kind === 'open') void this.#sync()
    else if (state.kind !== 'connecting' && state.kind !== 'signed-out') this.#apply({ type: 'lost' })
  }

  #receive(frame: ServerFrame): void {
    this.#inbox.push(frame)
    if (this.#drawing) return
    this.#drawing = true
    this.#parts.host.after(DRAW_MS, () => {
      this.#drawing = false
      this.#drain()
    })
  }

  #drain(): void {
    let state = this.#state.value
    while (!this.#syncing.value) {
      const frame = this.#inbox.shift()
      if (frame === undefined) break
      const missing = leavesGap(state, frame) || (frame.type === 'backpressure_resume' && frame.dropped_frames > 0)
      state =
        missing && frame.type !== 'backpressure_resume'
          ? state
          : reduce(state, { type: 'frame', frame, at: this.#parts.host.now() })
      this.#state.value = state
      if (missing) void this.#sync()
    }
  }

  /** Reads what the transcript has beyond what is shown. What comes in meanwhile waits, and is shown after it. */
  async #sync(): Promise<void> {
    if (this.#syncing.value || this.#stopped) return
    this.#syncing.value = true
    try {
      const { lastSeq } = this.#state.value
      let transcript = await this.#parts.gateway.transcript(this.id, lastSeq)
      if (transcript.last_seq < lastSeq) transcript = await this.#parts.gateway.transcript(this.id, 0)
      this.#apply({ type: 'transcript', transcript })
      this.#loaded.value = true
      this.#syncFailures = 0
      this.#syncing.value = false
      this.#drain()
    } catch (error) {
      this.#syncing.value = false
      if (error instanceof RequestError && error.code === 'unauthorized') return this.#parts.onSignedOut()
      this.#parts.host.after(backoff(this.#syncFailures++, this.#parts.host.random), () => {
        if (this.connection.value.kind === 'open') void this.#sync()
      })
    }
  }

  #apply(action: ChatAction): void {
    this.#state.value = reduce(this.#state.value, action)
  }
}
