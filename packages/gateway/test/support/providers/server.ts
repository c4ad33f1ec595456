import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { onTestFinished } from 'vitest'

export interface Received {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** The body as JSON. */
  readonly body: Record<string, unknown>
}

export type Answering = (response: ServerResponse, received: Received) => void | Promise<void>

/** A model's provider on this machine, over real sockets: it answers each request with the next answer, the last one again and again. */
export class FakeProvider {
  readonly url: string
  readonly received: Received[] = []
  /** Connections that clients have closed before their answer had ended. */
  abandoned = 0
  readonly #answers: Answering[]

  private constructor(url: string, answers: Answering[]) {
    this.url = url
    this.#answers = answers
  }

  /** Gone with the running test. */
  static async start(...answers: Answering[]): Promise<FakeProvider> {
    const sockets = new Set<Socket>()
    let provider: FakeProvider | undefined
    const server = createServer((request, response) => void provider?.answer(request, response))
    server.on('connection', (socket) => {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    })
    provider = new FakeProvider(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, answers)
    return provider
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = ''
    request.setEncoding('utf8')
    for await (const chunk of request) text += chunk
    const { method = '', url: path = '', headers } = request
    const received = { method, path, headers, text, body: text === '' ? {} : JSON.parse(text) }
    this.received.push(received)
    response.once('close', () => {
      if (!response.writableFinished) this.abandoned += 1
    })
    const answer = this.#answers.length > 1 ? this.#answers.shift() : this.#answers[0]
    await answer?.(response, received)
  }
}

/** Streams pieces as server-sent events, each in a chunk of its own. */
export function streaming(...pieces: readonly (string | Uint8Array)[]): Answering {
  return async (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
    for (const piece of pieces) {
      response.write(piece)
      await new Promise((resolve) => setImmediate(resolve))
    }
    response.end()
  }
}

/** Streams pieces and then breaks the connection. */
export function breakingAfter(...pieces: readonly string[]): Answering {
  return async (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.flushHeaders()
    for (const piece of pieces) await new Promise((resolve) => response.write(piece, resolve))
    response.destroy()
  }
}

/** Streams pieces and then says nothing more, for ever. */
export function hangingAfter(...pieces: readonly string[]): Answering {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.flushHeaders()
    for (const piece of pieces) response.write(piece)
  }
}

export function json(status: number, value: unknown, headers: Record<string, string> = {}): Answering {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value))
  }
}
