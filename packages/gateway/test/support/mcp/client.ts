import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'

export interface McpAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** Every JSON-RPC message of the answer, in order. */
  readonly messages: RpcMessage[]
  /** The answer to the request itself. */
  readonly last: RpcMessage
}

export interface RpcMessage {
  readonly id?: number | string | null
  readonly method?: string
  readonly params?: Record<string, unknown>
  // biome-ignore lint/suspicious/noExplicitAny: what an answer holds differs with every method, and a test names it.
  readonly result?: any
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown }
}

export interface Sent {
  /** Breaks the connection off. */
  abort(): void
  readonly answer: Promise<McpAnswer>
}

/** MCP as it goes over the wire, so that tests can also say what no SDK would. */
export class McpClient {
  readonly #port: number
  readonly #headers: Record<string, string>
  #id = 0

  constructor(port: number, headers: Record<string, string>) {
    this.#port = port
    this.#headers = headers
  }

  /** A client in a session of the older era. */
  async initialize(): Promise<McpClient> {
    const clientInfo = { name: 'test', version: '1' }
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo }
    const { headers } = await this.rpc('initialize', params)
    const session = { 'mcp-session-id': String(headers['mcp-session-id']), 'mcp-protocol-version': '2025-11-25' }
    const client = new McpClient(this.#port, { ...this.#headers, ...session })
    await client.post({ jsonrpc: '2.0', method: 'notifications/initialized' })
    return client
  }

  /** A request of the older era. */
  rpc(method: string, params: Record<string, unknown> = {}): Promise<McpAnswer> {
    return this.send(this.#message(method, params)).answer
  }

  /** A request of 2026-07-28. */
  modern(method: string, params: Record<string, unknown> = {}, capabilities = {}): Promise<McpAnswer> {
    return this.sendModern(method, params, capabilities).answer
  }

  sendModern(method: string, params: Record<string, unknown> = {}, capabilities = {}): Sent {
    const { _meta, ...others } = params
    const envelope = {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': capabilities,
    }
    const name = params.name ?? params.uri ?? params.taskId
    const headers = {
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': method,
      ...(typeof name === 'string' ? { 'mcp-name': name } : {}),
    }
    return this.send(this.#message(method, { ...others, _meta: { ...(_meta as object), ...envelope } }), headers)
  }

  post(body: unknown, headers: Record<string, string> = {}): Promise<McpAnswer> {
    return this.send(body, headers).answer
  }

  send(body: unknown, headers: Record<string, string> = {}): Sent {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const all = {
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      ...this.#headers,
      ...headers,
    }
    return this.exchange('POST', all, text)
  }

  exchange(method: string, headers: Record<string, string> = this.#headers, body?: string): Sent {
    let abort: () => void = () => undefined
    const answer = new Promise<McpAnswer>((resolve, reject) => {
      const options = { host: '127.0.0.1', port: this.#port, path: '/mcp', method, headers, agent: false }
      const request = httpRequest(options, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk) => {
          text += chunk
        })
        response.on('error', reject)
        response.on('end', () => {
          const messages = messagesOf(text, response.headers['content-type'])
          const last = messages.at(-1) ?? {}
          resolve({ status: response.statusCode ?? 0, headers: response.headers, messages, last })
        })
      })
      request.on('error', reject)
      abort = () => request.destroy()
      request.end(body)
    })
    return { abort: () => abort(), answer }
  }

  #message(method: string, params: Record<string, unknown>) {
    this.#id += 1
    return { jsonrpc: '2.0', id: this.#id, method, params }
  }
}

function messagesOf(text: string, type: string | undefined): RpcMessage[] {
  if (text === '') return []
  if (type?.startsWith('text/event-stream') !== true) return [JSON.parse(text) as RpcMessage]
  return [...text.matchAll(/^data: (.+)$/gm)].map(([, data = '']) => JSON.parse(data) as RpcMessage)
}
