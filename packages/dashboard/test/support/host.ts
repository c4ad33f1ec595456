import type { ClientFrame, ServerFrame } from '@castellan/contracts'
import type { SocketHost } from '../../src/connection/socket.ts'

type Handler<Event> = ((event: Event) => void) | null

/** A socket whose other end is the test. */
export class StandInSocket {
  onopen: Handler<never> = null
  onmessage: Handler<never> = null
  onclose: Handler<never> = null
  readonly sent: ClientFrame[] = []
  closed = false

  send(data: unknown): void {
    this.sent.push(JSON.parse(String(data)))
  }

  open(): void {
    this.onopen?.({} as never)
  }

  hear(frame: ServerFrame): void {
    this.onmessage?.({ data: JSON.stringify(frame) } as never)
  }

  /** Closed by the other end with this code, or by the page. */
  close(code?: number): void {
    this.closed = true
    this.onclose?.({ code } as never)
  }
}

/** The browser as the connection sees it, with time that passes when the test says so. */
export class StandInHost implements SocketHost {
  readonly sockets: StandInSocket[] = []
  signedIn = true
  #now = 0
  #timers: { readonly at: number; readonly act: () => void }[] = []

  get socket(): StandInSocket {
    const socket = this.sockets.at(-1)
    if (socket === undefined) throw new Error('no socket was opened')
    return socket
  }

  open(): ReturnType<SocketHost['open']> {
    const socket = new StandInSocket()
    this.sockets.push(socket)
    return socket as unknown as ReturnType<SocketHost['open']>
  }

  stillSignedIn = async () => this.signedIn
  now = () => this.#now
  random = () => 0.5

  after(ms: number, act: () => void): () => void {
    const timer = { at: this.#now + ms, act }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer)
    }
  }

  passTime(ms: number): void {
    this.#now += ms
    const due = this.#timers.filter(({ at }) => at <= this.#now)
    this.#timers = this.#timers.filter(({ at }) => at > this.#now)
    for (const { act } of due) act()
  }

  /** Lets everything that waits for a promise go on. */
  settle(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve))
  }
}
