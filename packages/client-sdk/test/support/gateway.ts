import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ServerFrame } from '@castellan/contracts'
import { onTestFinished } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'

export interface Asked {
  readonly method: string
  readonly url: URL
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

type Answer = { status?: number; headers?: Record<string, string>; json?: unknown; text?: string } | 'hang' | 'break'

/** Answers as a test tells it to: what it answers each request with, in order, is the test's. */
export class ScriptedGateway {
  readonly asked: Asked[] = []
  answer: (asked: Asked, nth: number) => Answer | Promise<Answer> = () => ({ json: {} })
  readonly sockets = new Set<WebSocket>()
  onSocket: (socket: WebSocket, request: IncomingMessage) => void = () => undefined
  url = ''
  readonly #server = createServer((request, response) => void this.#serve(request, response))
  readonly #ws = new WebSocketServer({
    server: this.#server,
    path: '/ws',
    handleProtocols: (offered) => (offered.has('castellan.v1') ? 'castellan.v1' : false),
  })

  async start(): Promise<this> {
    this.#ws.on('connection', (socket, request) => {
      this.sockets.add(socket)
      socket.on('close', () => this.sockets.delete(socket))
      this.onSocket(socket, request)
    })
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
    onTestFinished(() => {
      for (const socket of this.sockets) socket.terminate()
      this.#ws.close()
      this.#server.closeAllConnections()
      this.#server.close()
    })
    return this
  }

  /** Sends a frame to every socket. */
  tell(frame: ServerFrame): void {
    for (const socket of this.sockets) socket.send(JSON.stringify(frame))
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = ''
    for await (const piece of request.setEncoding('utf8')) body += piece
    const url = new URL(request.url ?? '/', this.url)
    const asked = { method: request.method ?? '', url, headers: request.headers, body }
    this.asked.push(asked)
    const answer = await this.answer(asked, this.asked.length)
    if (answer === 'hang') return
    if (answer === 'break') {
      response.destroy()
      return
    }
    const { status = 200, headers = {}, json, text } = answer
    const type = text === undefined ? { 'content-type': 'application/json; charset=utf-8' } : {}
    response.writeHead(status, { ...type, ...headers })
    response.end(status === 204 ? undefined : (text ?? JSON.stringify(json)))
  }
}
