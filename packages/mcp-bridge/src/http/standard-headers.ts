import type { IncomingHttpHeaders } from 'node:http'

/** The header and the body name different things (MCP 2026-07-28, Streamable HTTP, "Server Validation"). */
export const HEADER_MISMATCH = -32_020

/** Which member of `params` the `Mcp-Name` header repeats. */
const NAMED_BY: Readonly<Record<string, string>> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
  'tasks/get': 'taskId',
  'tasks/update': 'taskId',
  'tasks/cancel': 'taskId',
}

export function headerOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name]
  return (Array.isArray(value) ? value[0] : value)?.trim()
}

/**
 * What is wrong with the headers that repeat a request's body, or undefined. What a proxy judges by the headers has to be
 * what the server does by the body. The version and a method header that differs were judged before.
 */
export function headerProblem(
  headers: IncomingHttpHeaders,
  { method, params }: { readonly method: string; readonly params?: unknown },
): string | undefined {
  if (headerOf(headers, 'mcp-protocol-version') === undefined) return 'the MCP-Protocol-Version header is missing'
  if (headerOf(headers, 'mcp-method') === undefined) return 'the Mcp-Method header is missing'
  const member = NAMED_BY[method]
  if (member === undefined) return undefined
  const inBody = (params as Record<string, unknown> | undefined)?.[member]
  const header = headerOf(headers, 'mcp-name')
  if (header === undefined) return typeof inBody === 'string' ? 'the Mcp-Name header is missing' : undefined
  const named = decoded(header)
  if (named === undefined) return 'the Mcp-Name header is not valid Base64'
  return typeof inBody === 'string' && named !== inBody
    ? `the body names ${JSON.stringify(inBody)} and the Mcp-Name header ${JSON.stringify(named)}`
    : undefined
}

/** What does not fit into a header comes as `=?base64?…?=`. */
function decoded(header: string): string | undefined {
  const base64 = /^=\?base64\?(.*)\?=$/.exec(header)?.[1]
  if (base64 === undefined) return header
  const bytes = Buffer.from(base64, 'base64')
  return bytes.toString('base64') === base64 ? bytes.toString('utf8') : undefined
}
