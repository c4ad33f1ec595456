import { CastellanError } from '@castellan/contracts'

/**
 * The lines of a byte stream, without their line feeds; empty ones are left out. A line above `maxBytes` is refused with
 * `too_large`. A last line without a line feed counts: the stream ended well, or reading it would have thrown.
 */
export async function* readLines(stream: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<string, void, void> {
  let pending: Buffer[] = []
  let pendingBytes = 0
  const take = (last: Buffer): string => {
    const line = Buffer.concat([...pending, last]).toString('utf8')
    pending = []
    pendingBytes = 0
    return line
  }
  for await (const chunk of stream) {
    let start = 0
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      const line = take(chunk.subarray(start, end))
      start = end + 1
      if (line !== '') yield line
    }
    pending.push(chunk.subarray(start))
    pendingBytes += chunk.length - start
    if (pendingBytes > maxBytes) {
      throw new CastellanError('too_large', `A line of the answer is longer than ${maxBytes} bytes.`)
    }
  }
  if (pendingBytes > 0) yield take(Buffer.alloc(0))
}
