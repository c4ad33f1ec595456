import type { ServerFrame } from '@castellan/contracts'
import { type ReadonlySignal, signal } from '@preact/signals'
import { backoff } from '../connection/backoff.ts'
import { type Gateway, RequestError } from '../connection/http.ts'
import type { Line } from '../connection/line.ts'
import type { ConnectionState, SocketHost } from '../connection/socket.ts'
import type { Signer } from '../session/signer.ts'
import { readsOnly } from './completion.ts'
import { type ChatAction, leavesGap, reduce } from './reduce.ts'
import { type ApprovalVerdict, CHAT_ID, type ChatState, emptyChat, type ToolItem } from './state.ts'

/** Frames that come faster than this are shown together: a screen draws about 60 times a second. */
const DRAW_MS = 16

export interface ChatParts {
  readonly gateway: Pick<Gateway, 'transcript'>
  readonly line: Line
  readonly host: Pick<SocketHost, 'after' | 'random'>
  readonly signer: Signer
  readonly onSignedOut: () => void
}

/** The chat as the page shows it: what the socket says and what the transcript remembers, put together without loss. */
export class Chat {
  readonly #state = signal<ChatState>(emptyChat)
  readonly #loaded = signal(false)
  readonly #syncing = signal(false)
  readonly #parts: ChatParts
  #hangUp = () => {}
  /** Frames that were received and are not shown yet, in order. */
  readonly #inbox: ServerFrame[] = []
  #drawing = false
  #syncFailures = 0

  /** False until the transcript was read for the first time. */
  readonly loaded: ReadonlySignal<boolean> = this.#loaded
  readonly state: ReadonlySignal<ChatState> = this.#state
  readonly connection: ReadonlySignal<ConnectionState>

  constructor(parts: ChatParts) {
    this.#parts = parts
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
    this.#hangUp()
  }

  /** Whether this would be heard now: anything between turns, and while one runs the commands that only read. */
  hears(text: string): boolean {
    const connected = this.connection.value.kind === 'open' && this.#loaded.value && !this.#syncing.value
    return connected && (!this.#state.value.running || readsOnly(text))
  }

  /** Says something. False when it could not be sent, so that its words stay where they were typed. */
  say(text: string): boolean {
    const words = text.trim()
    if (words === '' || !this.hears(words)) return false
    if (!this.#parts.line.send({ type: 'chat', text: words, chat_id: CHAT_ID })) return false
    this.#apply({ type: 'said', text: words, aside: this.#state.value.running })
    return true
  }

  /** Stops the running turn. */
  abort(): void {
    if (this.#state.value.running) this.#parts.line.send({ type: 'abort', chat_id: CHAT_ID })
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
      state = missing && frame.type !== 'backpressure_resume' ? state : reduce(state, { type: 'frame', frame })
      this.#state.value = state
      if (missing) void this.#sync()
    }
  }

  /** Reads what the transcript has beyond what is shown. What comes in meanwhile waits, and is shown after it. */
  async #sync(): Promise<void> {
    if (this.#syncing.value) return
    this.#syncing.value = true
    try {
      const { lastSeq } = this.#state.value
      let transcript = await this.#parts.gateway.transcript(CHAT_ID, lastSeq)
      if (transcript.last_seq < lastSeq) transcript = await this.#parts.gateway.transcript(CHAT_ID, 0)
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
