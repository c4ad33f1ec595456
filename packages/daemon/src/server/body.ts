import type { IncomingMessage } from 'node:http'
import { CastellanError, describeIssues } from '@castellan/contracts'
import type { z } from 'zod'
import { parseJson } from '../json.ts'

/**
 * Reads and checks a JSON body. Refuses with `unsupported_media_type`, `body_too_large` (before reading more than the limit),
 * `invalid_json` (with the place) or `invalid_request` (naming each field). Without a schema any body is refused.
 */
export async function readBody(
  message: IncomingMessage,
  schema: z.ZodType | undefined,
  maxBytes: number,
): Promise<unknown> {
  const declared = message.headers['content-length']
  const hasBody = message.headers['transfer-encoding'] !== undefined || (declared !== undefined && declared !== '0')
  if (schema === undefined) {
    if (hasBody) throw new CastellanError('invalid_request', 'This route takes no body. Send the request without one.')
    return undefined
  }
  if (!hasBody) throw new CastellanError('invalid_request', 'This route needs a JSON body, and none was sent.')
  checkMediaType(message.headers['content-type'])
  if (declared !== undefined && Number(declared) > maxBytes) throw tooLarge(maxBytes)

  const value = parseJson(decodeUtf8(await collect(message, maxBytes)), 'The body')
  return checked(schema, value, 'The body does not fit')
}

/** Reads and checks a query string. A key given twice is refused: two readers could understand it in two ways. */
export function readQuery(search: string, schema: z.ZodType | undefined): unknown {
  if (schema === undefined) {
    if (search === '' || search === '?') return undefined
    throw new CastellanError('invalid_request', 'This route takes no query string. Send the request without one.')
  }
  const values: Record<string, string> = {}
  for (const [key, value] of new URLSearchParams(search)) {
    if (Object.hasOwn(values, key)) {
      throw new CastellanError('invalid_request', `The query names ${key} twice. Give it once.`)
    }
    values[key] = value
  }
  return checked(schema, values, 'The query does not fit')
}

function checked(schema: z.ZodType, value: unknown, complaint: string): unknown {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  throw new CastellanError('invalid_request', `${complaint}: ${describeIssues(result.error)}.`, {
    detail: { issues: result.error.issues.map(({ path, message }) => ({ path: path.map(String), message })) },
  })
}

function checkMediaType(header: string | undefined): void {
  const [type = '', ...parameters] = (header ?? '').toLowerCase().split(';')
  const charset = parameters.map((parameter) => parameter.trim()).find((parameter) => parameter.startsWith('charset='))
  const isUtf8 = charset === undefined || /^charset="?utf-8"?$/.test(charset)
  if (type.trim() === 'application/json' && isUtf8) return
  const sent = header === undefined ? 'no content type' : header
  throw new CastellanError(
    'unsupported_media_type',
    `Send the body as application/json in UTF-8; it came with ${sent}.`,
  )
}

async function collect(message: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of message as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > maxBytes) throw tooLarge(maxBytes)
    chunks.push(chunk)
  }
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)
}

function decodeUtf8(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new CastellanError('invalid_json', 'The body is not valid UTF-8, so it cannot be JSON.', { cause })
  }
}

function tooLarge(maxBytes: number): CastellanError {
  return new CastellanError('body_too_large', `The body is larger than the ${maxBytes} bytes this route takes.`)
}
