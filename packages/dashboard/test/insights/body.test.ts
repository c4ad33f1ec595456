import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { eventsOf, hexOf, prettyJson } from '../../src/insights/body.ts'

const STREAM = 'text/event-stream; charset=utf-8'

describe('a stream', () => {
  test('is split where an empty line stands, with the name and the data of each event', () => {
    const body =
      'event: message_start\ndata: {"a":1}\n\nevent: delta\ndata: two\ndata: lines\n\n: a comment\n\ndata: [DONE]\n\n'
    expect(eventsOf(body, STREAM)).toEqual([
      { name: 'message_start', data: '{"a":1}' },
      { name: 'delta', data: 'two\nlines' },
      { name: null, data: '[DONE]' },
    ])
  })

  test('is read with any end of line, and without a space after the colon', () => {
    expect(eventsOf('event: a\r\ndata: x\r\n\r\nevent: b\r\ndata: y\r\n\r\n', STREAM)).toEqual([
      { name: 'a', data: 'x' },
      { name: 'b', data: 'y' },
    ])
    expect(eventsOf('data:1\r\n\r\ndata:2\r\rdata: 3\n\n', STREAM)?.map(({ data }) => data)).toEqual(['1', '2', '3'])
  })

  test('is known by how it begins where no header says so, and so are lines of JSON', () => {
    expect(eventsOf('data: {}\n\n', '')).toHaveLength(1)
    expect(eventsOf('{"type":"text"}\n{"type":"done"}\n', '')).toEqual([
      { name: null, data: '{"type":"text"}' },
      { name: null, data: '{"type":"done"}' },
    ])
  })

  test('is nothing that one answer in one piece is', () => {
    expect(eventsOf('{"id":"1"}', 'application/json')).toBeNull()
    expect(eventsOf('{\n  "id": "1"\n}', 'application/json')).toBeNull()
    expect(eventsOf('Bad gateway', 'text/html')).toBeNull()
  })

  test('loses none of its data, whatever it is', () => {
    const line = fc.string({ minLength: 1 }).filter((text) => !/[\r\n]/.test(text))
    fc.assert(
      fc.property(fc.array(line, { minLength: 1 }), (lines) => {
        const body = lines.map((data) => `data: ${data}\n\n`).join('')
        expect(eventsOf(body, STREAM)?.map(({ data }) => data)).toEqual(lines)
      }),
    )
  })
})

describe('bytes', () => {
  test('are drawn sixteen to a line with their place and their letters', () => {
    const { lines, left } = hexOf('Größe <b>\u0000 and so on')
    expect(lines.split('\n')).toEqual([
      '00000000  47 72 c3 b6 c3 9f 65 20 3c 62 3e 00 20 61 6e 64  |Gr....e <b>. and|',
      '00000010  20 73 6f 20 6f 6e                                |so on|'.replace('|so on|', '| so on|'),
    ])
    expect(left).toBe(0)
  })

  test('beyond what can be drawn are counted', () => {
    const { lines, left } = hexOf('x'.repeat(20_000))
    expect([lines.split('\n').length, left]).toEqual([1024, 20_000 - 16 * 1024])
  })
})

test('JSON is indented, and what is none is left alone', () => {
  expect(prettyJson('{"a":[1]}')).toBe('{\n  "a": [\n    1\n  ]\n}')
  expect(prettyJson('data: {}')).toBeNull()
})
