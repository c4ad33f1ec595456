import type { IncomingMessage, ServerResponse } from 'node:http'

/** Largest message, in bytes: agentd takes calls of 256 KiB, and the envelope around one comes on top. */
const MAX_BODY_BYTES = 320 * 1024

/** JSON-RPC 2.0, section 5.1, and what MCP adds. */
export const rpcCodes = {
  parse: -32_700,
  invalidRequest: -32_600,
  invalidParams: -32_602,
  internal: -32_603,
  /** What the older transport refuses with. */
  refused: -32_000,
  sessionNotFound: -32_001,
} as const

/** A request that is refused before the protocol sees it. */
export class HttpRefusal extends Error {
  readonly status: number
  readonly code: number

  constructor(status: number, code: number, message: string) {
    super(message)
    this.name = 'HttpRefusal'
    this.status = status
    this.code = code
  }
}

/** The body's JSON. Throws {@link HttpRefusal}: 415, 413 or a parse error. */
export async function readMessage(request: IncomingMessage): Promise<unknown> {
  const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase()
  if (type !== 'application/json') {
    throw new HttpRefusal(415, rpcCodes.refused, 'Unsupported Media Type: send the message as application/json.')
  }
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) throw tooLarge()
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > MAX_BODY_BYTES) throw tooLarge()
    chunks.push(chunk)
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)))
  } catch {
    throw new HttpRefusal(400, rpcCodes.parse, 'Parse error: the body is not JSON in UTF-8.')
  }
}

/** Answers with one JSON-RPC message. Answers nothing where the client has gone. */
export function sendMessage(
  response: ServerResponse,
  status: number,
  message: unknown,
  headers: Record<string, string> = {},
): void {
  if (response.destroyed || response.headersSent) return
  const text = JSON.stringify(message)
  response.writeHead(status, {
    ...headers,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  })
  response.end(text)
}

/** Answers with an error that belongs to no message, or to the one with `id`. */
export function sendRefusal(response: ServerResponse, refusal: HttpRefusal, id: unknown = null): void {
  const headers: Record<string, string> = refusal.status === 405 ? { allow: 'POST' } : {}
  sendMessage(
    response,
    refusal.status,
    { jsonrpc: '2.0', error: { code: refusal.code, message: refusal.message }, id },
    headers,
  )
}

/** The id of a request that cannot be served, where it has one that may be repeated. */
export function idOf(body: unknown): string | number | null {
  if (body === null || typeof body !== 'object' || !('id' in body) || !('method' in body)) return null
  return typeof body.id === 'string' || typeof body.id === 'number' ? body.id : null
}

function tooLarge(): HttpRefusal {
  return new HttpRefusal(413, rpcCodes.refused, `The message is larger than ${MAX_BODY_BYTES} bytes.`)
}
