import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readEventStream, type StreamEvent } from '../../../src/engines/remote/event-stream.ts'

async function* pieces(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  let from = 0
  for (const cut of [...cuts.toSorted((a, b) => a - b), bytes.length]) {
    yield bytes.subarray(from, cut)
    from = cut
  }
}

async function read(text: string, cuts: readonly number[] = []): Promise<StreamEvent[]> {
  const events: StreamEvent[] = []
  for await (const event of readEventStream(pieces(new TextEncoder().encode(text), cuts))) events.push(event)
  return events
}

const STREAM =
  ': hello\n\nevent: weather\ndata: {"größe":"😀"}\n\ndata:two\ndata: lines\n\ndata\n\nid: 7\nretry: 10\n\ndata: last\n\n'
const EVENTS = [
  { type: 'weather', data: '{"größe":"😀"}' },
  { type: 'message', data: 'two\nlines' },
  { type: 'message', data: '' },
  { type: 'message', data: 'last' },
]

describe('server-sent events', () => {
  test('are read as the standard says', async () => {
    expect(await read(STREAM)).toEqual(EVENTS)
  })

  test('end their lines with LF, CR or both, and may begin with a byte order mark', async () => {
    for (const end of ['\r\n', '\r']) {
      expect(await read(STREAM.replaceAll('\n', end))).toEqual(EVENTS)
    }
    expect(await read(`\uFEFF${STREAM}`)).toEqual(EVENTS)
  })

  test('are the same wherever the stream is cut, at every byte and with every end of a line', async () => {
    for (const end of ['\n', '\r\n', '\r']) {
      const text = STREAM.replaceAll('\n', end)
      const size = new TextEncoder().encode(text).length
      for (let cut = 0; cut <= size; cut += 1) expect(await read(text, [cut])).toEqual(EVENTS)
      expect(
        await read(
          text,
          Array.from({ length: size }, (_, at) => at),
        ),
      ).toEqual(EVENTS)
    }
  })

  test('are the same however often an arbitrary stream is cut', async () => {
    const line = fc.constantFrom(
      'data: é😀',
      'data',
      'data:',
      'data:  x',
      ': c',
      'event: e',
      'event',
      '',
      '',
      'id: 1',
      'x',
    )
    const text = fc
      .array(fc.tuple(line, fc.constantFrom('\n', '\r', '\r\n')).map((parts) => parts.join('')))
      .map((all) => all.join(''))
    await fc.assert(
      fc.asyncProperty(text, fc.array(fc.nat()), async (stream, cuts) => {
        const size = new TextEncoder().encode(stream).length
        const whole = await read(stream)
        expect(
          await read(
            stream,
            cuts.map((cut) => cut % (size + 1)),
          ),
        ).toEqual(whole)
      }),
    )
  })

  test('that the stream ends within are dropped', async () => {
    expect(await read('data: whole\n\ndata: half')).toEqual([{ type: 'message', data: 'whole' }])
    expect(await read('data: no blank line\n')).toEqual([])
  })

  test('larger than anything a model says are refused, in one line or in many', async () => {
    await expect(read(`data: ${'x'.repeat(4 * 1024 * 1024)}`)).rejects.toMatchObject({ code: 'engine_garbled' })
    await expect(read(`data: ${'x'.repeat(1024)}\n`.repeat(4100))).rejects.toMatchObject({ code: 'engine_garbled' })
  })

  test('may be kept alive by any number of comments', async () => {
    const comments = `: ${'keep alive '.repeat(100)}\n\n`.repeat(6000)
    expect(await read(`${comments}data: here\n\n`)).toEqual([{ type: 'message', data: 'here' }])
  })

  test('are cut off after 32 MiB, whatever they are', async () => {
    let given = 0
    async function* garbage(): AsyncGenerator<Uint8Array> {
      const mebibyte = new TextEncoder().encode(`: ${'x'.repeat(1022)}\n\n`.repeat(1022))
      for (; given < 64; given += 1) yield mebibyte
    }
    const reading = async () => {
      for await (const _ of readEventStream(garbage())) throw new Error('there is no event in it')
    }
    await expect(reading()).rejects.toMatchObject({ code: 'engine_garbled' })
    expect(given).toBeLessThan(34)
  })
})
