import { describe, expect, test } from 'vitest'
import type { AnswerEvent } from '../../../src/engines/engine.ts'
import { readAnswer } from '../../../src/engines/openai/answer.ts'
import * as recorded from '../../support/providers/openai.ts'
import { callsOf, collect, doneOf, textOf } from '../../support/providers/parts.ts'

function answer(bytes: readonly Uint8Array[], contentType = 'text/event-stream'): Promise<AnswerEvent[]> {
  async function* body(): AsyncGenerator<Uint8Array> {
    yield* bytes
  }
  return collect(readAnswer({ body: body(), contentType, host: 'api.example', secrets: [] }, 'x'))
}

const encode = (pieces: readonly string[]) => new TextEncoder().encode(pieces.join(''))
const read = (pieces: readonly string[]) => answer([encode(pieces)])
const callsIn = (events: readonly AnswerEvent[]) => callsOf(events).map(({ name, args }) => [name, args])
/** Without what depends on how the stream was cut, and on time. */
const sense = (events: readonly AnswerEvent[]) => {
  const { usage, ...done } = doneOf(events)
  return {
    text: textOf(events),
    thought: textOf(events, 'reasoning'),
    calls: callsOf(events),
    done,
    usage: { ...usage, durationMs: 0 },
  }
}

describe('the answer of a chat completion', () => {
  test('is its words, why it ended, and what it used', async () => {
    const events = await read(recorded.words)
    expect(textOf(events)).toBe('Größe: 42 % von 1 TB – gut 😀')
    expect(events.filter(({ type }) => type === 'text')).toHaveLength(3)
    expect(doneOf(events)).toMatchObject({
      reason: 'stop',
      usage: { promptTokens: 82, outputTokens: 17, cacheReadTokens: 64 },
    })
  })

  test.each(
    Object.entries({
      words: recorded.words,
      'parallel calls': recorded.parallelCalls,
      thoughts: recorded.reasoned,
      comments: recorded.openRouter,
      parts: recorded.parts,
    }),
  )('means the same wherever the stream is cut: %s', async (_name, pieces) => {
    const bytes = encode(pieces)
    const whole = sense(await answer([bytes]))
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      expect(sense(await answer([bytes.subarray(0, cut), bytes.subarray(cut)]))).toEqual(whole)
    }
    expect(sense(await answer([...bytes].map((byte) => Uint8Array.of(byte))))).toEqual(whole)
    expect(sense(await answer([encode(pieces.map((piece) => piece.replaceAll('\n', '\r\n')))]))).toEqual(whole)
  })

  test('has the calls of every way to count them, in order', async () => {
    expect(callsIn(await read(recorded.parallelCalls))).toEqual([
      ['disk_usage', { path: '/é' }],
      ['file_stat', { path: 'notes.txt' }],
    ])
    const two = [
      ['disk_usage', {}],
      ['file_stat', { path: 'x' }],
    ]
    expect(callsIn(await read(recorded.gappedCalls))).toEqual(two)
    expect(callsIn(await read(recorded.sameIndexCalls))).toEqual(two)
    expect(callsIn(await read(recorded.indexlessCalls))).toEqual([
      ['disk_usage', { path: '/' }],
      ['file_stat', {}],
    ])
    expect(doneOf(await read(recorded.gappedCalls)).reason).toBe('tool_calls')
  })

  test.each(['{"path": "/', 'path=/', '[1,2]', '"text"', 'null', '{"a":1}{"b":2}'])(
    'makes no call of broken arguments, and says what is wrong: %s',
    async (text) => {
      const [call] = callsOf(await read(recorded.badArguments(text)))
      expect(call).toMatchObject({ name: 'disk_usage', args: {}, problem: expect.stringContaining(text) })
    },
  )

  test('takes arguments that are missing or empty for none', async () => {
    for (const text of ['', '  ', '{}']) {
      const [call] = callsOf(await read(recorded.badArguments(text)))
      expect(call).toEqual({ type: 'tool_call', name: 'disk_usage', args: {}, confidence: 1 })
    }
  })

  test('keeps what the model thinks apart, in all three spellings', async () => {
    for (const [pieces, text, thought] of [
      [recorded.reasoned, 'All is well.', 'They ask about disks.'],
      [recorded.openRouter, 'Yes.', 'Hm.'],
      [recorded.parts, 'Here.', 'Let me see.'],
    ] as const) {
      const events = await read(pieces)
      expect([textOf(events), textOf(events, 'reasoning')]).toEqual([text, thought])
    }
  })

  test('carries what the provider says it charged', async () => {
    expect(doneOf(await read(recorded.openRouter)).usage).toMatchObject({ cost: 0.00012 })
  })

  test('says that it was declined, filtered, or cut', async () => {
    expect(doneOf(await read(recorded.declined)).reason).toBe('refused')
    expect(textOf(await read(recorded.declined))).toBe('I cannot help with that.')
    expect(doneOf(await read(recorded.filtered)).reason).toBe('refused')
    expect(doneOf(await read(recorded.cut)).reason).toBe('length')
    expect(callsOf(await read(recorded.cutCall))).toMatchObject([{ problem: expect.stringContaining('no valid JSON') }])
  })

  test('that does not count is not counted', async () => {
    expect(doneOf(await read(recorded.reasoned)).usage).toMatchObject({ promptTokens: null, outputTokens: null })
  })

  test('that ends before it says how has made no call, and is no answer', async () => {
    for (const pieces of [recorded.firstWords, recorded.firstOfACall, recorded.parallelCalls.slice(0, 6), []]) {
      await expect(read(pieces)).rejects.toMatchObject({ code: 'engine_crashed' })
    }
    await expect(read(recorded.nothing)).rejects.toMatchObject({ code: 'engine_garbled' })
  })

  test('that is something else is refused', async () => {
    await expect(read(['data: <html>\n\n'])).rejects.toMatchObject({ code: 'engine_garbled' })
    await expect(answer([encode(['<html>'])], 'application/json')).rejects.toMatchObject({ code: 'engine_garbled' })
    for (const odd of [
      'null',
      '7',
      '[]',
      '{"choices":7}',
      '{"choices":[null]}',
      '{"choices":[{"delta":{"tool_calls":[7]}}]}',
    ]) {
      await expect(read([`data: ${odd}\n\n`])).rejects.toMatchObject({ code: 'engine_crashed' })
    }
  })

  test('with an error in its middle throws it', async () => {
    const pieces = [...recorded.firstWords, recorded.errorInStream('server_error', 'The engine fell over')]
    await expect(read(pieces)).rejects.toMatchObject({ code: 'engine_overloaded', says: 'The engine fell over' })
    await expect(read([recorded.errorInStream(429, 'slow down')])).rejects.toMatchObject({ kind: 'rate_limited' })
  })

  test('may come in one piece', async () => {
    const events = await answer([encode([JSON.stringify(recorded.whole)])], 'application/json; charset=utf-8')
    expect(textOf(events)).toBe('Let me look.')
    expect(callsIn(events)).toEqual([['disk_usage', { path: '/' }]])
    expect(doneOf(events)).toMatchObject({ reason: 'tool_calls', usage: { promptTokens: 5, outputTokens: 6 } })
  })

  test('has at most 64 calls', async () => {
    const call = (index: number) =>
      `data: ${JSON.stringify({ choices: [{ delta: { tool_calls: [{ index, id: `c${index}`, function: { name: 'x', arguments: '' } }] } }] })}\n\n`
    await expect(read(Array.from({ length: 65 }, (_, index) => call(index)))).rejects.toMatchObject({
      code: 'engine_garbled',
    })
  })
})
