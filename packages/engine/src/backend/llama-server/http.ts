import { request as httpRequest, type IncomingMessage } from 'node:http'
import { CastellanError } from '@castellan/contracts'
import { addressText, type ServerAddress } from './address.ts'

/** Largest answer that is not a stream, and largest event of one, in bytes. */
const MAX_BYTES = 4 * 1024 * 1024

/** HTTP to a llama-server. Throws `engine_unavailable` where nothing answers. */
export class ServerHttp {
  readonly #address: ServerAddress

  constructor(address: ServerAddress) {
    this.#address = address
  }

  get address(): string {
    return addressText(this.#address)
  }

  /** A JSON answer and its status; null where the body is no JSON. */
  async json(method: 'GET' | 'POST', path: string, signal: AbortSignal, body?: unknown) {
    const response = await this.#send(method, path, signal, body)
    const text = await readAll(response)
    return { status: response.statusCode ?? 0, value: parse(text) }
  }

  /** The `data` of each server-sent event, as text; or the refusal. */
  async events(path: string, signal: AbortSignal, body: unknown) {
    const response = await this.#send('POST', path, signal, body)
    const status = response.statusCode ?? 0
    if (status !== 200) return { status, value: parse(await readAll(response)) }
    return { status, data: dataOf(response, this.address) }
  }

  #send(method: string, path: string, signal: AbortSignal, body: unknown): Promise<IncomingMessage> {
    const text = body === undefined ? undefined : JSON.stringify(body)
    const address = this.#address
    const where =
      'socketPath' in address
        ? { socketPath: address.socketPath, path }
        : { host: address.host, port: address.port, path: `${address.prefix}${path}` }
    return new Promise((resolve, reject) => {
      const request = httpRequest({
        ...where,
        method,
        signal,
        agent: false,
        headers: {
          accept: 'application/json, text/event-stream',
          ...('socketPath' in address ? { host: 'localhost' } : {}),
          ...(text === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
        },
      })
      request.once('response', resolve)
      request.once('error', (cause) => {
        if (signal.aborted) reject(signal.reason as Error)
        else reject(this.#absent(cause))
      })
      request.end(text)
    })
  }

  #absent(cause: Error): CastellanError {
    return new CastellanError(
      'engine_unavailable',
      `No llama-server answers at ${this.address} (${cause.message}). Start it, or correct llamaServer.`,
      { cause, retryAfterSeconds: 2 },
    )
  }
}

/**
 * Server-sent events as llama-server writes them: `data: ` lines with an empty line after each. Pieces of the stream may end
 * anywhere, in the middle of a character too. Throws `engine_crashed` where it breaks off.
 */
async function* dataOf(response: IncomingMessage, address: string): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  try {
    for await (const piece of response as AsyncIterable<Buffer>) {
      rest += decoder.decode(piece, { stream: true })
      const lines = rest.split(/\r?\n/)
      rest = lines.pop() ?? ''
      if (rest.length > MAX_BYTES) throw garbled(address, 'an event that does not end')
      for (const line of lines) if (line.startsWith('data:')) yield line.slice('data:'.length).trim()
    }
  } catch (cause) {
    if (cause instanceof CastellanError) throw cause
    throw brokenOff(address, cause)
  }
}

export function brokenOff(address: string, cause?: unknown): CastellanError {
  return new CastellanError(
    'engine_crashed',
    `The llama-server at ${address} broke off in the middle of its answer. Send the message once more.`,
    { cause, retryAfterSeconds: 1 },
  )
}

export function garbled(address: string, what: string): CastellanError {
  return new CastellanError('engine_garbled', `The llama-server at ${address} sent ${what}. Is it a llama-server?`)
}

async function readAll(response: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  let length = 0
  for await (const piece of response as AsyncIterable<Buffer>) {
    length += piece.length
    if (length > MAX_BYTES) {
      response.destroy()
      break
    }
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
