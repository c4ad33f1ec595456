import type { Readable } from 'node:stream'

/** What a stream said: its beginning as text, and how much it was in all. */
export interface Captured {
  readonly text: string
  readonly bytes: number
  readonly truncated: boolean
}

/** Keeps the first `keptBytes` of a stream and counts the rest; never holds more. Tells `onBytes` of every piece. */
export function capture(stream: Readable, keptBytes: number, onBytes: (count: number) => void): () => Captured {
  const kept: Buffer[] = []
  let bytes = 0
  stream.on('data', (chunk: Buffer) => {
    const room = keptBytes - bytes
    // A copy: a slice would keep the whole chunk alive.
    if (room > 0) kept.push(Buffer.from(chunk.subarray(0, room)))
    bytes += chunk.length
    onBytes(chunk.length)
  })
  return () => ({ text: Buffer.concat(kept).toString(), bytes, truncated: bytes > keptBytes })
}
