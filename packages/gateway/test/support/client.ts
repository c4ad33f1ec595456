import { type ClientFrame, ServerFrame } from '@castellan/contracts'
import { until } from '@castellan/testing'
import { type ClientOptions, WebSocket } from 'ws'

/** A chat client as a program would write one, on a real socket. Every frame it hears has to fit the contract. */
export class ChatClient {
  readonly socket: WebSocket
  readonly frames: ServerFrame[] = []
  closed: { code: number; reason: string } | null = null

  private constructor(socket: WebSocket) {
    this.socket = socket
    socket.on('message', (data) => this.frames.push(ServerFrame.parse(JSON.parse(String(data)))))
    socket.on('close', (code, reason) => {
      this.closed = { code, reason: String(reason) }
    })
  }

  /** Resolves once the gateway has said that it is ready. */
  static async open(url: string, protocols: string[], options: ClientOptions): Promise<ChatClient> {
    const socket = new WebSocket(url, protocols, options)
    const client = new ChatClient(socket)
    await new Promise((resolve, reject) => {
      socket.once('open', resolve)
      socket.once('error', reject)
    })
    await client.hears('status')
    return client
  }

  send(frame: ClientFrame | Record<string, unknown>): void {
    this.socket.send(JSON.stringify(frame))
  }

  /** Says something and returns all that was heard until the turn was done. */
  async ask(text: string, chat_id = 'main'): Promise<ServerFrame[]> {
    const from = this.frames.length
    this.send({ type: 'chat', text, chat_id })
    await this.hears('done', (frame) => frame.chat_id === chat_id, from)
    return this.frames.slice(from)
  }

  /** The first frame of that type, among those from `from` on, that the condition holds for. */
  async hears<Type extends ServerFrame['type']>(
    type: Type,
    condition: (frame: Extract<ServerFrame, { type: Type }>) => boolean = () => true,
    from = 0,
  ): Promise<Extract<ServerFrame, { type: Type }>> {
    const fits = (frame: ServerFrame): frame is Extract<ServerFrame, { type: Type }> => {
      return frame.type === type && condition(frame as Extract<ServerFrame, { type: Type }>)
    }
    return until(`a ${type} frame`, () => this.frames.slice(from).find(fits))
  }

  async close(): Promise<void> {
    this.socket.close()
    await until('the socket is closed', () => this.closed)
  }
}

/** All text of these frames, as a person would read it. */
export function textOf(frames: readonly ServerFrame[]): string {
  return frames.map((frame) => (frame.type === 'text' ? frame.text : '')).join('')
}

export function typesOf(frames: readonly ServerFrame[]): string[] {
  return frames.map((frame) => frame.type)
}
