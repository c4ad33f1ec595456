import type { Readable, Writable } from 'node:stream'
import { CastellanError } from '@castellan/contracts'
import { z } from 'zod'

/** Longest message of a server, in bytes. */
const MAX_LINE_BYTES = 4 * 1024 * 1024
/** Messages that a server may send in a while, and how long that is, in milliseconds: agentd has more to do than to listen. */
const MAX_MESSAGES = 5000
const WINDOW_MS = 5000
const METHOD_NOT_FOUND = -32_601

const Message = z.looseObject({
  jsonrpc: z.literal('2.0'),
  id: z.union([z.int(), z.string()]).optional(),
  method: z.string().optional(),
  params: z.record(z.string(), z.unknown()).optional(),
  result: z.unknown().optional(),
  error: z.looseObject({ code: z.int(), message: z.string() }).optional(),
})

type Message = z.output<typeof Message>

interface Waiting {
  readonly resolve: (result: unknown) => void
  readonly reject: (error: Error) => void
}

export interface RpcOptions {
  readonly input: Readable
  readonly output: Writable
  /** The other side, for sentences. */
  readonly peer: string
  readonly onNotification: (method: string, params: Record<string, unknown>) => void
  /** Called once, with why: the stream ended, or the other side does not keep to the protocol. */
  readonly onEnd: (error: CastellanError) => void
}

/** JSON-RPC 2.0, one message a line, over the streams of a process that is not trusted. */
export class Rpc {
  readonly #options: RpcOptions
  readonly #waiting = new Map<number, Waiting>()
  #pending = Buffer.alloc(0)
  #id = 0
  #counted = 0
  #countedSince = performance.now()
  #ended: CastellanError | undefined

  constructor(options: RpcOptions) {
    this.#options = options
    options.output.on('error', () => undefined)
    options.input.on('data', (chunk: Buffer) => this.#read(chunk))
    options.input.on('close', () => this.end('ended'))
  }

  /** Throws `mcp_server_failed` where the server refuses, ends, or takes longer than `timeoutMs`; the signal's reason. */
  async request(
    method: string,
    params: Record<string, unknown>,
    { signal, timeoutMs }: { signal?: AbortSignal; timeoutMs: number },
  ): Promise<unknown> {
    if (this.#ended !== undefined) throw this.#ended
    signal?.throwIfAborted()
    this.#id += 1
    const id = this.#id
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    this.#waiting.set(id, { resolve, reject })
    const cancel = (error: Error): void => {
      this.notify('notifications/cancelled', { requestId: id, reason: 'no longer wanted' })
      reject(error)
    }
    const late = `${this.#options.peer} did not answer ${method} within ${timeoutMs / 1000} s.`
    const timer = setTimeout(() => cancel(new CastellanError('mcp_server_failed', late)), timeoutMs)
    const onAbort = (): void => cancel(signal?.reason as Error)
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      this.#send({ jsonrpc: '2.0', id, method, params })
      return await promise
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      this.#waiting.delete(id)
    }
  }

  notify(method: string, params: Record<string, unknown>): void {
    this.#send({ jsonrpc: '2.0', method, params })
  }

  /** Ends everything that waits. */
  end(why: string): void {
    if (this.#ended !== undefined) return
    this.#ended = new CastellanError('mcp_server_failed', `${this.#options.peer} ${why}.`)
    for (const { reject } of this.#waiting.values()) reject(this.#ended)
    this.#waiting.clear()
    this.#options.onEnd(this.#ended)
  }

  #send(message: unknown): void {
    if (this.#options.output.writable) this.#options.output.write(`${JSON.stringify(message)}\n`)
  }

  #read(chunk: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, chunk])
    for (let end = this.#pending.indexOf(10); end !== -1; end = this.#pending.indexOf(10)) {
      const line = this.#pending.subarray(0, end).toString('utf8')
      this.#pending = this.#pending.subarray(end + 1)
      if (line.trim() !== '' && this.#ended === undefined) this.#take(line)
    }
    if (this.#pending.length > MAX_LINE_BYTES) this.end('sent a line that is longer than any message may be')
  }

  #take(line: string): void {
    if (this.#floods()) {
      this.end(`sent more than ${MAX_MESSAGES} messages in ${WINDOW_MS / 1000} s`)
      return
    }
    const parsed = Message.safeParse(asJson(line))
    if (!parsed.success) this.end('sent something that is no JSON-RPC message')
    else if (parsed.data.method === undefined) this.#answered(parsed.data)
    else this.#asked(parsed.data.method, parsed.data)
  }

  #floods(): boolean {
    const now = performance.now()
    if (now - this.#countedSince > WINDOW_MS) {
      this.#counted = 0
      this.#countedSince = now
    }
    this.#counted += 1
    return this.#counted > MAX_MESSAGES
  }

  #asked(method: string, { id, params = {} }: Message): void {
    if (id === undefined) {
      this.#options.onNotification(method, params)
      return
    }
    // A server may ask whether we are there; nothing else that it could ask is offered to it.
    const answer = method === 'ping' ? { result: {} } : { error: { code: METHOD_NOT_FOUND, message: 'Not offered.' } }
    this.#send({ jsonrpc: '2.0', id, ...answer })
  }

  #answered({ id, result, error }: Message): void {
    const waiting = typeof id === 'number' ? this.#waiting.get(id) : undefined
    if (error === undefined) {
      waiting?.resolve(result)
      return
    }
    const words = error.message.slice(0, 500)
    waiting?.reject(new CastellanError('mcp_server_failed', `${this.#options.peer} answered with an error: ${words}`))
  }
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
