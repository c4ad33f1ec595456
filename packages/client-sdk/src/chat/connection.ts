import { backoff } from '../backoff.ts'
import { CastellanError } from '../error.ts'
import type { ServerFrame } from '../generated/schemas.ts'
import type { Requests } from '../request.ts'

const CHAT_PROTOCOL = 'castellan.v1'
/** Close codes of the gateway; see `x-websocket` in its document. */
const SIGNED_OUT = 4001
const IDLE = 4003

/** Who hears a socket. */
export interface Listener {
  /** A frame, in the order in which they came. */
  frame(frame: ServerFrame): void
  /** Frames may be missing from here on: a socket was lost, opened, or dropped some. */
  missed(): void
  /** There will be no socket again. */
  ended(error: CastellanError): void
}

/** The one chat socket of a client: open while somebody listens, and opened again by itself when it is lost. */
export class Connection {
  readonly #requests: Requests
  readonly #listeners = new Set<Listener>()
  #socket: WebSocket | undefined
  #losses = 0
  #retry: ReturnType<typeof setTimeout> | undefined

  constructor(requests: Requests) {
    this.#requests = requests
  }

  /** Returns how to stop listening. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener)
    if (this.#listeners.size === 1) void this.#open()
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size === 0) this.#close()
    }
  }

  async #open(): Promise<void> {
    const token = await this.#requests.token()
    if (this.#listeners.size === 0 || this.#socket !== undefined) return
    const socket = newSocket(`${this.#requests.origin.replace(/^http/, 'ws')}/ws`, token)
    this.#socket = socket
    socket.onopen = () => {
      this.#losses = 0
      this.#tell((listener) => listener.missed())
    }
    socket.onmessage = ({ data }) => {
      const frame = readFrame(data)
      if (frame?.type === 'backpressure_resume') this.#tell((listener) => listener.missed())
      else if (frame !== undefined) this.#tell((listener) => listener.frame(frame))
    }
    socket.onclose = ({ code, reason }) => {
      this.#drop()
      if (code === SIGNED_OUT) {
        const ended = new CastellanError('unauthorized', reason || 'The sign-in or token has ended.')
        return this.#tell((listener) => listener.ended(ended))
      }
      // Looking at the transcript also finds out why no socket opens: a browser is not told.
      this.#tell((listener) => listener.missed())
      const wait = code === IDLE ? 0 : backoff(this.#losses, 500)
      this.#losses += 1
      this.#retry = setTimeout(() => void this.#open(), wait)
    }
  }

  #close(): void {
    clearTimeout(this.#retry)
    const socket = this.#socket
    this.#drop()
    socket?.close(1000)
  }

  #drop(): void {
    if (this.#socket === undefined) return
    this.#socket.onopen = null
    this.#socket.onmessage = null
    this.#socket.onclose = null
    this.#socket = undefined
  }

  #tell(say: (listener: Listener) => void): void {
    for (const listener of [...this.#listeners]) say(listener)
  }
}

/** Node's WebSocket takes headers; a browser's does not, and has its token among the subprotocols. */
function newSocket(url: string, token: string | undefined): WebSocket {
  const { process } = globalThis as { process?: { readonly versions?: { readonly node?: string } } }
  const isNode = process?.versions?.node !== undefined
  if (token === undefined) return new WebSocket(url, [CHAT_PROTOCOL])
  if (!isNode) return new WebSocket(url, [CHAT_PROTOCOL, `bearer.${token}`])
  const options = { protocols: [CHAT_PROTOCOL], headers: { authorization: `Bearer ${token}` } }
  return new WebSocket(url, options as unknown as string[])
}

function readFrame(data: unknown): ServerFrame | undefined {
  try {
    const frame = JSON.parse(String(data)) as ServerFrame
    return typeof frame?.type === 'string' ? frame : undefined
  } catch {
    return undefined
  }
}
