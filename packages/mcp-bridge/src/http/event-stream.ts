import type { ServerResponse } from 'node:http'

/** So that nothing between us and the client takes a quiet stream for a dead one, in milliseconds. */
const KEEP_ALIVE_MS = 15_000
/** A stream whose client reads nothing is cut off when this many bytes wait, in bytes. */
const MAX_BUFFERED_BYTES = 4 * 1024 * 1024

/** An answer as server-sent events (WHATWG HTML, section 9.2), one JSON-RPC message each. */
export class EventStream {
  readonly #response: ServerResponse
  readonly #timer: NodeJS.Timeout

  constructor(response: ServerResponse, headers: Record<string, string> = {}) {
    this.#response = response
    response.writeHead(200, {
      ...headers,
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    })
    response.flushHeaders()
    this.#timer = setInterval(() => this.#write(': keepalive\n\n'), KEEP_ALIVE_MS)
    this.#timer.unref()
    response.once('close', () => clearInterval(this.#timer))
  }

  send(message: unknown): void {
    this.#write(`event: message\ndata: ${JSON.stringify(message)}\n\n`)
  }

  end(): void {
    clearInterval(this.#timer)
    this.#response.end()
  }

  #write(frame: string): void {
    if (this.#response.destroyed || this.#response.writableEnded) return
    if (this.#response.writableLength > MAX_BUFFERED_BYTES) this.#response.destroy()
    else this.#response.write(frame)
  }
}
