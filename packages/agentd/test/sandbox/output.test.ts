import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { describe, expect, it } from 'vitest'
import { capture } from '../../src/sandbox/output.ts'

async function captured(chunks: readonly string[], keptBytes: number) {
  const stream = Readable.from(chunks.map((chunk) => Buffer.from(chunk)))
  let told = 0
  const read = capture(stream, keptBytes, (count) => {
    told += count
  })
  await finished(stream)
  return { ...read(), told }
}

describe('capture', () => {
  it('keeps all of what fits', async () => {
    expect(await captured(['one ', 'two'], 7)).toEqual({ text: 'one two', bytes: 7, truncated: false, told: 7 })
  })

  it('keeps the beginning of what does not fit, and counts the rest', async () => {
    expect(await captured(['one ', 'two ', 'three'], 6)).toEqual({
      text: 'one tw',
      bytes: 13,
      truncated: true,
      told: 13,
    })
  })
})
