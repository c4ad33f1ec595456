import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface ChatRequest {
  readonly messages: readonly { readonly role: string; readonly content: string }[]
  readonly response_format?: { readonly json_schema: { readonly schema: Record<string, unknown> } }
  readonly seed: number
  readonly temperature: number
}

interface Said {
  readonly content?: string
  readonly reasoning_content?: string
}

/** How it answers a request: pieces of the answer, and how it ended. */
export interface Answer {
  readonly pieces: readonly Said[]
  readonly finish?: string
  /** Never says how it ended: the connection just closes. */
  readonly breaksOff?: boolean
  /** Goes on for ever after the pieces, until the client leaves. */
  readonly hangs?: boolean
}

/** Speaks llama-server's HTTP (llama.cpp, tools/server/README.md) over a real socket, each byte of a stream by itself. */
export class FakeLlamaServer {
  readonly requests: ChatRequest[] = []
  state: 'ok' | 'loading' = 'ok'
  answer: (request: ChatRequest) => Answer | { readonly status: number; readonly body: unknown } = () => ({
    pieces: [{ content: 'Hello.' }],
  })
  /** Requests whose client left before their answer was whole. */
  left = 0
  readonly #server: Server

  constructor() {
    this.#server = createServer((request, response) => void this.#serve(request, response))
  }

  async listen(path?: string): Promise<string> {
    await new Promise<void>((resolve) => {
      if (path === undefined) this.#server.listen(0, '127.0.0.1', resolve)
      else this.#server.listen(path, resolve)
    })
    return path === undefined ? `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}` : `unix:${path}`
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === '/health') {
      if (this.state === 'ok') return json(response, 200, { status: 'ok' })
      return json(response, 503, { error: { code: 503, message: 'Loading model', type: 'unavailable_error' } })
    }
    if (request.url === '/props') {
      const settings = { n_ctx: 4096, id: 0, params: { temperature: 0.8 } }
      return json(response, 200, {
        default_generation_settings: settings,
        total_slots: 2,
        model_path: '/models/some.gguf',
        build_info: 'b6000-abcdef',
      })
    }
    if (request.url === '/v1/models') {
      const meta = {
        vocab_type: 2,
        n_vocab: 32_000,
        n_ctx_train: 32_768,
        n_embd: 2048,
        n_params: 1_100_000_000,
        size: 7e8,
      }
      return json(response, 200, { object: 'list', data: [{ id: '/models/some.gguf', object: 'model', meta }] })
    }
    if (request.url !== '/v1/chat/completions') return json(response, 404, { error: { message: 'File Not Found' } })
    await this.#chat(JSON.parse(await textOf(request)) as ChatRequest, response)
  }

  async #chat(request: ChatRequest, response: ServerResponse): Promise<void> {
    this.requests.push(request)
    const answer = this.answer(request)
    if ('status' in answer) return json(response, answer.status, answer.body)
    response.once('close', () => {
      if (!response.writableEnded) this.left++
    })
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const common = { created: 1, id: 'chatcmpl-1', model: 'some', object: 'chat.completion.chunk' }
    const send = async (value: unknown): Promise<void> => await bytewise(response, `data: ${JSON.stringify(value)}\n\n`)
    await send({ ...common, choices: [{ finish_reason: null, index: 0, delta: { role: 'assistant', content: null } }] })
    for (const delta of answer.pieces) {
      await send({ ...common, choices: [{ finish_reason: null, index: 0, delta }] })
    }
    if (answer.hangs === true) return
    if (answer.breaksOff === true) {
      response.destroy()
      return
    }
    await send({ ...common, choices: [{ finish_reason: answer.finish ?? 'stop', index: 0, delta: {} }] })
    await send({
      ...common,
      choices: [],
      usage: { prompt_tokens: 40, completion_tokens: 9, total_tokens: 49 },
      timings: { cache_n: 30, prompt_n: 10, predicted_n: 9 },
    })
    await bytewise(response, 'data: [DONE]\n\n')
    response.end()
  }
}

/** Each byte is a piece of its own: nothing may depend on where a stream is cut. */
async function bytewise(response: ServerResponse, text: string): Promise<void> {
  for (const byte of Buffer.from(text)) {
    if (response.destroyed) return
    await new Promise<void>((resolve) => response.write(Buffer.from([byte]), () => resolve()))
  }
}

function json(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' })
  response.end(JSON.stringify(value))
}

async function textOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece)
  return Buffer.concat(pieces).toString('utf8')
}
