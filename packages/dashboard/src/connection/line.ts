import type { ClientFrame, ServerFrame } from '@castellan/contracts'
import { type ReadonlySignal, signal } from '@preact/signals'
import { ChatConnection, type ConnectionState, type SocketHost } from './socket.ts'

/** Who listens on the line. */
export interface LineListener {
  /** Called with each state the socket enters. */
  state?(state: ConnectionState): void
  frame?(frame: ServerFrame): void
}

/** The one socket of a signed-in page. Everything that is live comes over it: what chats say, and what the ledger is told. */
export class Line {
  readonly #state = signal<ConnectionState>({ kind: 'connecting' })
  readonly #listeners = new Set<LineListener>()
  readonly #socket: ChatConnection

  readonly state: ReadonlySignal<ConnectionState> = this.#state

  constructor(host: SocketHost, onSignedOut: () => void) {
    this.#socket = new ChatConnection(host, {
      state: (state) => {
        this.#state.value = state
        for (const listener of this.#listeners) listener.state?.(state)
        if (state.kind === 'signed-out') onSignedOut()
      },
      frame: (frame) => {
        for (const listener of this.#listeners) listener.frame?.(frame)
      },
    })
  }

  /** Returns how to stop listening. */
  listen(listener: LineListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  start(): void {
    this.#socket.start()
  }

  /** Ends it for good. */
  stop(): void {
    this.#socket.stop()
  }

  /** Someone uses the page: a lost or sleeping connection is worth another attempt now. */
  wake(): void {
    this.#socket.wake()
  }

  /** False when there is no open socket; nothing is kept for later. */
  send(frame: ClientFrame): boolean {
    return this.#socket.send(frame)
  }
}
