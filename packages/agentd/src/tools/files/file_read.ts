import { CastellanError } from '@castellan/contracts'
import { z } from 'zod'
import { defineTool, readLimits } from '../define.ts'
import { pathField, truncatedField } from '../fields.ts'
import { count, size } from '../words.ts'
import { pathOf, takesUntrusted, untrustedField } from './about.ts'
import { looksSecret } from './secret.ts'

const limits = { ...readLimits, outputBytes: 256 * 1024 }

/** Escaping makes text longer as JSON: what is read at once leaves room for that. */
const MAX_BYTES = 192 * 1024

export const fileRead = defineTool({
  name: 'file_read',
  title: 'Read a file',
  description: 'The content of a text file (UTF-8), in slices of bytes. A negative offset reads from the end.',
  input: z.strictObject({
    path: pathField('The file.'),
    offset: z
      .int()
      .default(0)
      .describe(
        'First byte, counted from 0; the nextOffset of an earlier answer goes on. -2000 means the last 2000 bytes.',
      ),
    limit: z
      .int()
      .min(1)
      .max(MAX_BYTES)
      .default(65_536)
      .describe(`At most this many bytes, up to ${MAX_BYTES}. Default 65536.`),
  }),
  output: z.strictObject({
    path: z.string(),
    content: z.string(),
    offset: z.int().describe('Where the content begins in the file, in bytes.'),
    contentBytes: z.int(),
    sizeBytes: z.int().describe('Size of the whole file.'),
    lines: z.int().describe('Lines in this content.'),
    untrusted: untrustedField,
    truncated: truncatedField,
    nextOffset: z.int().nullable().describe('Offset of the bytes after these; null at the end of the file.'),
  }),
  effect: 'read',
  undo: 'none',
  limits,
  summary: ({ path, lines, sizeBytes, contentBytes, offset, truncated }) => {
    if (sizeBytes === 0) return `${path} is empty.`
    if (contentBytes === 0) return `${path} has ${size(sizeBytes)}; nothing is left from byte ${offset} on.`
    if (!truncated && offset === 0) return `${path} has ${count(lines, 'line')} (${size(sizeBytes)}).`
    return `Bytes ${offset} to ${offset + contentBytes} of ${path}, ${count(lines, 'line')} of a file of ${size(sizeBytes)}.`
  },
  resources: pathOf('read'),
  taints: ({ path, content, untrusted }) => [
    ...takesUntrusted({ untrusted }),
    ...(looksSecret(path, content) ? (['secret'] as const) : []),
  ],
  run: async ({ path, offset, limit }, { host, signal }) => {
    const slice = await host.files.read(path, { offset, limit }, signal)
    const wanted = wholeCharacters(slice.bytes, slice.offset, slice.offset + slice.bytes.length >= slice.sizeBytes)
    const { content, bytes } = fit(decode(wanted.bytes, slice.path))
    const start = slice.offset + wanted.skipped
    const end = start + bytes
    const truncated = end < slice.sizeBytes
    return {
      path: slice.path,
      content,
      offset: start,
      contentBytes: bytes,
      sizeBytes: slice.sizeBytes,
      lines: lineCount(content),
      untrusted: slice.untrusted,
      truncated,
      nextOffset: truncated ? end : null,
    }
  },
})

/** Drops the parts of characters that a slice cuts at its ends: continuation bytes in front, a begun one behind. */
export function wholeCharacters(
  bytes: Uint8Array,
  offset: number,
  atEnd: boolean,
): { bytes: Uint8Array; skipped: number } {
  let start = 0
  while (offset > 0 && start < 3 && isContinuation(bytes[start])) start += 1
  let end = bytes.length
  if (!atEnd) {
    let lead = end - 1
    while (lead > start && end - lead < 4 && isContinuation(bytes[lead])) lead -= 1
    if (end - lead < sequenceLength(bytes[lead])) end = lead
  }
  return { bytes: bytes.subarray(start, Math.max(start, end)), skipped: start }
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80
}

/** How many bytes a character has whose first byte this is (RFC 3629). */
function sequenceLength(lead: number | undefined): number {
  if (lead === undefined || lead < 0xc0) return 1
  return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
}

function decode(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new CastellanError(
      'not_utf8',
      `${path} is not UTF-8 text, so it is not shown. file_stat tells its size and kind.`,
    )
  }
}

/** Cuts text until it fits the output cap as JSON, at a line's end where there is one near. */
function fit(content: string): { content: string; bytes: number } {
  let text = content
  while (Buffer.byteLength(JSON.stringify(text)) > limits.outputBytes - 4096) {
    const half = text.slice(0, Math.floor(text.length / 2))
    text = half.slice(0, half.lastIndexOf('\n') + 1) || half.slice(0, half.isWellFormed() ? undefined : -1)
  }
  return { content: text, bytes: Buffer.byteLength(text) }
}

function lineCount(text: string): number {
  if (text === '') return 0
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0)
}
