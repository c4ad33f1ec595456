/** Most that is drawn of one text, in characters; what is longer is saved as a file and read elsewhere. */
export const MAX_DRAWN = 128 * 1024
/** Bytes of one line of a hex view, and most that are drawn. */
const PER_LINE = 16
const MAX_HEX_BYTES = 16 * 1024

/** One event of a stream, as the HTML Standard reads `text/event-stream`, or one line of JSON lines. */
export interface StreamEvent {
  /** What the event says it is; null where it says nothing. */
  readonly name: string | null
  readonly data: string
}

/** JSON with an indent for each level; null for what is no JSON. */
export function prettyJson(text: string): string | null {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2)
  } catch {
    return null
  }
}

/** The events of an answer that came as a stream; null for one that did not. */
export function eventsOf(body: string, contentType: string): readonly StreamEvent[] | null {
  if (/event-stream/i.test(contentType) || /^(?:event|data|id|retry|:)/.test(body)) return serverSent(body)
  const lines = body.split('\n').filter((line) => line.trim() !== '')
  const isEach = lines.length > 1 && lines.every((line) => line.startsWith('{') && prettyJson(line) !== null)
  return isEach ? lines.map((data) => ({ name: null, data })) : null
}

function serverSent(body: string): readonly StreamEvent[] {
  const blocks = body.replaceAll(/\r\n?/g, '\n').split(/\n{2,}/)
  return blocks.flatMap((block) => {
    const fields = block.split('\n').map(fieldOf)
    const data = fields.filter(({ field }) => field === 'data').map(({ value }) => value)
    const name = fields.findLast(({ field }) => field === 'event')?.value ?? null
    return data.length === 0 && name === null ? [] : [{ name, data: data.join('\n') }]
  })
}

function fieldOf(line: string): { readonly field: string; readonly value: string } {
  const colon = line.indexOf(':')
  if (colon === -1) return { field: line, value: '' }
  return { field: line.slice(0, colon), value: line.slice(colon + 1).replace(/^ /, '') }
}

/** Offset, bytes and letters, as `hexdump -C` writes them; `left` bytes at the end are not drawn. */
export function hexOf(text: string): { readonly lines: string; readonly left: number } {
  const bytes = new TextEncoder().encode(text)
  const drawn = bytes.subarray(0, MAX_HEX_BYTES)
  const lines: string[] = []
  for (let at = 0; at < drawn.length; at += PER_LINE) lines.push(hexLine(at, drawn.subarray(at, at + PER_LINE)))
  return { lines: lines.join('\n'), left: bytes.length - drawn.length }
}

function hexLine(at: number, bytes: Uint8Array): string {
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
  const letters = [...bytes].map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('')
  return `${at.toString(16).padStart(8, '0')}  ${hex.padEnd(PER_LINE * 3 - 1)}  |${letters}|`
}
