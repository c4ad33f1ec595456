import type { ClientFrame, ServerFrame } from '@castellan/contracts'
import { backoff } from './backoff.ts'
import { readFrame } from './frames.ts'

/** Close codes of the gateway; see its chat/socket.ts. */
const SIGNED_OUT = 4001
const IDLE = 4003

export type ConnectionState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'open' }
  /** Lost; the next attempt is at `retryAt`, in milliseconds since 1970. */
  | { readonly kind: 'waiting'; readonly retryAt: number; readonly failures: number }
  /** Closed by the gateway because nothing was said for long; wakes when someone uses the page. */
  | { readonly kind: 'asleep' }
  | { readonly kind: 'signed-out' }

/** What the connection needs of the browser, so that tests can stand in for it. */
export interface SocketHost {
  open(): Pick<WebSocket, 'send' | 'close' | 'onopen' | 'onmessage' | 'onclose'>
  /** Whether the gateway still knows this browser; asked when a socket is refused, as a browser does not learn why. */
  stillSignedIn(): Promise<boolean>
  now(): number
  after(ms: number, act: () => void): () => void
  random(): number
}

export interface SocketEvents {
  state(state: ConnectionState): void
  frame(frame: ServerFrame): void
}

/** The chat socket, kept open: it comes back by itself after losses, and only signing out ends it. */
export class ChatConnection {
  readonly #host: SocketHost
  readonly #events: SocketEvents
  #socket: ReturnType<SocketHost['open']> | null = null
  #state: ConnectionState = { kind: 'connecting' }
  #failures = 0
  #cancelRetry = () => {}
  #stopped = false

  constructor(host: SocketHost, events: SocketEvents) {
    this.#host = host
    this.#events = events
  }

  start(): void {
    this.#connect()
  }

  /** Ends the connection for good. */
  stop(): void {
    this.#stopped = true
    this.#cancelRetry()
    this.#drop()
  }

  /** Tries again at once if the connection is lost or asleep: someone is here, or the network came back. */
  wake(): void {
    if (this.#state.kind !== 'waiting' && this.#state.kind !== 'asleep') return
    this.#cancelRetry()
    this.#connect()
  }

  /** Sends a frame. False when there is no open socket; nothing is kept for later. */
  send(frame: ClientFrame): boolean {
    if (this.#state.kind !== 'open' || this.#socket === null) return false
    this.#socket.send(JSON.stringify(frame))
    return true
  }

  #connect(): void {
    this.#become({ kind: 'connecting' })
    const socket = this.#host.open()
    this.#socket = socket
    socket.onopen = () => {
      this.#failures = 0
      this.#become({ kind: 'open' })
    }
    socket.onmessage = ({ data }) => {
      const frame = readFrame(data)
      if (frame !== null) this.#events.frame(frame)
    }
    socket.onclose = ({ code }) => {
      this.#drop()
      void this.#lost(code)
    }
  }

  async #lost(code: number): Promise<void> {
    if (code === SIGNED_OUT) return this.#become({ kind: 'signed-out' })
    if (code === IDLE) return this.#become({ kind: 'asleep' })
    const wait = backoff(this.#failures, this.#host.random)
    this.#failures += 1
    this.#become({ kind: 'waiting', retryAt: this.#host.now() + wait, failures: this.#failures })
    this.#cancelRetry = this.#host.after(wait, () => void this.#retry())
  }

  async #retry(): Promise<void> {
    const signedIn = await this.#host.stillSignedIn()
    if (this.#stopped) return
    if (signedIn) {
      if (this.#state.kind === 'waiting') this.#connect()
    } else {
      this.#become({ kind: 'signed-out' })
    }
  }

  #drop(): void {
    if (this.#socket === null) return
    this.#socket.onopen = null
    this.#socket.onmessage = null
    this.#socket.onclose = null
    this.#socket.close()
    this.#socket = null
  }

  #become(state: ConnectionState): void {
    this.#state = state
    this.#events.state(state)
  }
}
