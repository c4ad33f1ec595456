import { CastellanError, type ClientFrame, ErrorEnvelope, errorFromEnvelope, ServerFrame } from '@castellan/contracts'
import { WebSocket } from 'ws'
import type { Context } from '../context.ts'

/** Which chat, and for one that begins perhaps whom it belongs to. */
export type Where = Pick<Extract<ClientFrame, { type: 'chat' }>, 'agent'> & { readonly chat_id: string }

/** The chat socket of the gateway, opened with the owner's token. Frames come in order through `frames()`. */
export class ChatConnection {
  readonly #socket: WebSocket
  readonly #queue: ServerFrame[] = []
  #wake: (() => void) | undefined
  #ended: CastellanError | undefined

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('message', (data) => {
      const frame = ServerFrame.safeParse(JSON.parse(String(data)))
      if (frame.success) this.#queue.push(frame.data)
      this.#wake?.()
    })
    socket.on('close', (code, reason) => {
      const why = reason.length > 0 ? `: ${reason}` : ''
      this.#ended ??= new CastellanError(
        'agentd_unavailable',
        `The gateway closed the chat (${code}${why}). Start agentctl chat again.`,
      )
      this.#wake?.()
    })
    socket.on('error', () => {})
  }

  /** Opens `/ws`; refusals before the upgrade come back as the gateway's own error. */
  static async open(context: Context): Promise<ChatConnection> {
    const { url } = await context.instance()
    const address = new URL('/ws', url)
    address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:'
    const socket = new WebSocket(address, { headers: { authorization: `Bearer ${await context.token()}` } })
    const connection = new ChatConnection(socket)
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve)
      socket.once('unexpected-response', async (_request, response) => {
        const parsed = ErrorEnvelope.safeParse(await bodyOf(response))
        reject(
          parsed.success
            ? errorFromEnvelope(parsed.data)
            : new CastellanError(
                'agentd_unavailable',
                `The gateway refused the chat with status ${response.statusCode}.`,
              ),
        )
        socket.terminate()
      })
      socket.once('error', (cause) =>
        reject(
          new CastellanError(
            'agentd_unavailable',
            `The gateway does not answer at ${url}: it may be restarting, try again.`,
            { cause },
          ),
        ),
      )
    })
    return connection
  }

  send(frame: ClientFrame): void {
    this.#socket.send(JSON.stringify(frame))
  }

  /** Every frame of this chat, until the socket closes (then it throws) or the loop is left. */
  async *frames(chatId: string): AsyncGenerator<ServerFrame> {
    for (;;) {
      const frame = this.#queue.shift()
      if (frame === undefined) {
        if (this.#ended !== undefined) throw this.#ended
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
        continue
      }
      if (!('chat_id' in frame) || frame.chat_id === undefined || frame.chat_id === chatId) yield frame
    }
  }

  close(): void {
    this.#socket.close()
  }
}

async function bodyOf(response: NodeJS.ReadableStream): Promise<unknown> {
  try {
    const chunks: Buffer[] = []
    for await (const chunk of response) chunks.push(Buffer.from(chunk))
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    return undefined
  }
}
