import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { createInterface } from 'node:readline'

export type Version = '2025-11-25' | '2026-07-28'

/** What every request of 2026-07-28 carries. */
const ENVELOPE = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1.0.0' },
  'io.modelcontextprotocol/clientCapabilities': {},
}

interface Message {
  readonly jsonrpc: '2.0'
  readonly id?: number
  readonly method: string
  readonly params: Record<string, unknown>
}

type Answer = { readonly result?: Record<string, unknown>; readonly error?: unknown }

/** The least of an MCP client, so that what is measured is the server. */
export abstract class BenchClient {
  readonly #version: Version
  #id = 0

  constructor(version: Version) {
    this.#version = version
  }

  async open(): Promise<this> {
    if (this.#version === '2026-07-28') return this
    const clientInfo = { name: 'bench', version: '1.0.0' }
    await this.request('initialize', { protocolVersion: this.#version, capabilities: {}, clientInfo })
    await this.send({ jsonrpc: '2.0', method: 'notifications/initialized', params: {} })
    return this
  }

  async request(method: string, params: Record<string, unknown>): Promise<Record<string, unknown>> {
    const all = this.#version === '2026-07-28' ? { ...params, _meta: ENVELOPE } : params
    this.#id += 1
    const answer = await this.send({ jsonrpc: '2.0', id: this.#id, method, params: all })
    if (answer?.result === undefined) throw new Error(`${method} failed: ${JSON.stringify(answer?.error)}`)
    return answer.result
  }

  abstract close(): Promise<void>
  protected abstract send(message: Message): Promise<Answer | undefined>
}

/** One process, one line a message. */
export class StdioBenchClient extends BenchClient {
  readonly #process: ChildProcess
  readonly #waiting = new Map<number, (answer: Answer) => void>()

  constructor(version: Version, args: readonly string[]) {
    super(version)
    this.#process = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    createInterface({ input: this.#process.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      const answer = JSON.parse(line) as Answer & { id?: number }
      if (answer.id !== undefined) this.#waiting.get(answer.id)?.(answer)
    })
  }

  async close(): Promise<void> {
    const gone = once(this.#process, 'exit')
    this.#process.stdin?.end()
    await gone
  }

  protected send(message: Message): Promise<Answer | undefined> {
    const { promise, resolve } = Promise.withResolvers<Answer | undefined>()
    const { id } = message
    if (id === undefined) resolve(undefined)
    else {
      this.#waiting.set(id, (answer) => {
        this.#waiting.delete(id)
        resolve(answer)
      })
    }
    this.#process.stdin?.write(`${JSON.stringify(message)}\n`)
    return promise
  }
}

/** Kept connections, and both ways in which a server may answer. */
export class HttpBenchClient extends BenchClient {
  readonly #agent = new Agent({ keepAlive: true })
  readonly #port: number
  readonly #headers: Record<string, string>
  #session: Record<string, string> = {}

  constructor(version: Version, port: number, headers: Record<string, string> = {}) {
    super(version)
    this.#port = port
    this.#headers = {
      ...headers,
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      'mcp-protocol-version': version,
    }
  }

  async close(): Promise<void> {
    this.#agent.destroy()
  }

  protected async send(message: Message): Promise<Answer | undefined> {
    const { name } = message.params
    const headers = {
      ...this.#headers,
      ...this.#session,
      'mcp-method': message.method,
      ...(typeof name === 'string' ? { 'mcp-name': name } : {}),
    }
    const { answered, text } = await this.#post(JSON.stringify(message), headers)
    const id = answered['mcp-session-id']
    if (typeof id === 'string') this.#session = { 'mcp-session-id': id }
    if (text === '') return undefined
    const json = answered['content-type']?.startsWith('text/event-stream') === true ? lastEvent(text) : text
    return JSON.parse(json)
  }

  #post(body: string, headers: Record<string, string>): Promise<{ answered: IncomingHttpHeaders; text: string }> {
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: this.#port, path: '/mcp', method: 'POST', agent: this.#agent }
      const length = { 'content-length': String(Buffer.byteLength(body)) }
      const request = httpRequest({ ...options, headers: { ...headers, ...length } }, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk) => {
          text += chunk
        })
        response.on('end', () => resolve({ answered: response.headers, text }))
      })
      request.on('error', reject)
      request.end(body)
    })
  }
}

function lastEvent(text: string): string {
  return text.slice(text.lastIndexOf('data: ') + 'data: '.length).trim()
}
