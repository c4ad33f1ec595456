import type { FileHandle } from 'node:fs/promises'
import { bytesOf } from './content.ts'

const CHUNK_BYTES = 256 * 1024
/** How far from its middle a long line is shown, in bytes. */
const AROUND_BYTES = 120
const NEWLINE = 10

/** One line in which the text was found. `text` is that line, or what is around the match in a long one. */
export interface FoundLine {
  /** Counted from 1. */
  readonly line: number
  readonly text: string
}

export interface Scan {
  readonly lines: readonly FoundLine[]
  readonly readBytes: number
  /** Has a NUL in its first chunk: not text, not looked through. */
  readonly binary: boolean
  /** Whether it was read to its end: not where `maxLines` or `maxBytes` came first. */
  readonly whole: boolean
}

export interface Sought {
  readonly bytes: Buffer
  /** Whether A to Z and a to z are the same; `bytes` is in lower case then. */
  readonly ignoreCase: boolean
}

export interface ScanLimits {
  /** How large it was just now. */
  readonly sizeBytes: number
  readonly maxLines: number
  /** Only lines after this one. */
  readonly afterLine: number
  readonly maxBytes: number
  readonly signal: AbortSignal
}

export function sought(text: string, ignoreCase: boolean): Sought {
  const bytes = Buffer.from(text)
  return { bytes: ignoreCase ? lowered(bytes) : bytes, ignoreCase }
}

/** Looks through a file for a literal text, chunk by chunk: the time is linear in its size, the memory does not grow. */
export async function scan(
  file: FileHandle,
  what: Sought,
  { sizeBytes, maxLines, afterLine, maxBytes, signal }: ScanLimits,
): Promise<Scan> {
  // One byte more than there is, so that a file that fits is read at once, and its end seen.
  const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, sizeBytes + 1))
  const hits: { readonly offset: number; readonly line: number }[] = []
  // The end of the chunk before, in which a match may have begun, lies in front of each chunk.
  let carried = Buffer.alloc(0)
  let position = 0
  let line = 1
  // Whether the line that goes on in the next chunk was found already: one match tells enough of a line.
  let lineFound = false
  let whole = false
  let binary = false
  while (hits.length < maxLines && position < maxBytes) {
    signal.throwIfAborted()
    const { buffer, bytesRead } = await file.read(chunk, 0, chunk.length, position)
    whole = bytesRead === 0
    binary = position === 0 && buffer.subarray(0, Math.min(bytesRead, 8192)).includes(0)
    if (whole || binary) break
    const window = Buffer.concat([carried, buffer.subarray(0, bytesRead)])
    const windowStart = position - carried.length
    const searched = what.ignoreCase ? lowered(window) : window
    position += bytesRead
    let from = 0
    let counted = 0
    if (lineFound) {
      const end = window.indexOf(NEWLINE)
      from = end === -1 ? window.length : end + 1
      lineFound = end === -1
    }
    while (hits.length < maxLines) {
      const hit = searched.indexOf(what.bytes, from)
      if (hit === -1) break
      line += countLines(window, counted, hit)
      counted = hit
      if (line > afterLine) hits.push({ offset: windowStart + hit, line })
      const end = window.indexOf(NEWLINE, hit)
      from = end === -1 ? window.length : end + 1
      lineFound = end === -1
    }
    const keep = lineFound ? 0 : Math.min(window.length - from, what.bytes.length - 1)
    const dropped = window.length - Math.max(0, keep)
    line += countLines(window, counted, dropped)
    carried = window.subarray(dropped)
    // A short read is the end of a file; but where enough was found, what follows was not looked at.
    whole = bytesRead < chunk.length && hits.length < maxLines
    if (whole) break
  }
  const lines: FoundLine[] = []
  for (const { offset, line: number } of hits)
    lines.push({ line: number, text: await around(file, offset, what.bytes.length) })
  return { lines, readBytes: position, binary, whole }
}

function countLines(window: Buffer, from: number, to: number): number {
  let breaks = 0
  for (let at = window.indexOf(NEWLINE, from); at !== -1 && at < to; at = window.indexOf(NEWLINE, at + 1)) breaks += 1
  return breaks
}

async function around(file: FileHandle, offset: number, length: number): Promise<string> {
  const start = Math.max(0, offset - AROUND_BYTES)
  const bytes = await bytesOf(file, start, offset - start + length + AROUND_BYTES)
  const hit = offset - start
  const before = hit === 0 ? 0 : bytes.lastIndexOf(NEWLINE, hit - 1) + 1
  const newline = bytes.indexOf(NEWLINE, hit)
  // The ends may cut a character in two.
  return bytes
    .subarray(before, newline === -1 ? bytes.length : newline)
    .toString()
    .replace(/^\uFFFD+|\uFFFD+$/g, '')
    .trim()
}

function lowered(bytes: Buffer): Buffer {
  const lower = Buffer.from(bytes)
  for (let at = 0; at < lower.length; at += 1) {
    const byte = lower[at] as number
    if (byte >= 65 && byte <= 90) lower[at] = byte + 32
  }
  return lower
}
