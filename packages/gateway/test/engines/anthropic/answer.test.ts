import { describe, expect, test } from 'vitest'
import { readAnswer } from '../../../src/engines/anthropic/answer.ts'
import type { AnswerEvent } from '../../../src/engines/engine.ts'
import * as recorded from '../../support/providers/anthropic.ts'
import { callsOf, collect, doneOf, textOf } from '../../support/providers/parts.ts'

function answer(bytes: readonly Uint8Array[]): Promise<AnswerEvent[]> {
  async function* body(): AsyncGenerator<Uint8Array> {
    yield* bytes
  }
  const response = { body: body(), contentType: 'text/event-stream', host: 'api.anthropic.com', secrets: [] }
  return collect(readAnswer(response, 'claude-x'))
}

const encode = (pieces: readonly string[]) => new TextEncoder().encode(pieces.join(''))
const read = (pieces: readonly string[]) => answer([encode(pieces)])
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

describe('a streamed message', () => {
  test('is its words, why it ended, and what it used, with what came from the cache', async () => {
    const events = await read(recorded.words)
    expect(textOf(events)).toBe('Größe: 42 % – gut 😀')
    expect(doneOf(events)).toMatchObject({
      reason: 'stop',
      usage: { promptTokens: 2125, outputTokens: 15, cacheReadTokens: 2000, cacheWriteTokens: 100 },
    })
  })

  test.each(Object.entries({ words: recorded.words, calls: recorded.calls, thoughts: recorded.thought }))(
    'means the same wherever the stream is cut: %s',
    async (_name, pieces) => {
      const bytes = encode(pieces)
      const whole = sense(await answer([bytes]))
      for (let cut = 0; cut <= bytes.length; cut += 1) {
        expect(sense(await answer([bytes.subarray(0, cut), bytes.subarray(cut)]))).toEqual(whole)
      }
      expect(sense(await answer([...bytes].map((byte) => Uint8Array.of(byte))))).toEqual(whole)
    },
  )

  test('has its calls in order, with what was said before them', async () => {
    const events = await read(recorded.calls)
    expect(textOf(events)).toBe('Let me look.')
    expect(callsOf(events).map(({ name, args }) => [name, args])).toEqual([
      ['disk_usage', { path: '/é' }],
      ['file_stat', { path: 'notes.txt' }],
    ])
    expect(doneOf(events).reason).toBe('tool_calls')
    expect(callsOf(await read(recorded.callWithout))).toMatchObject([{ name: 'memory_usage', args: {} }])
  })

  test('makes no call of broken arguments', async () => {
    const events = await read(recorded.badCall)
    expect(callsOf(events)).toMatchObject([{ args: {}, problem: expect.stringContaining('no valid JSON') }])
    expect(doneOf(events).reason).toBe('length')
  })

  test('keeps thoughts apart, and what the API wants back of them', async () => {
    const events = await read(recorded.thought)
    expect(textOf(events)).toBe('')
    expect(textOf(events, 'reasoning')).toBe('They ask about disks.')
    expect(doneOf(events).kept).toEqual({
      model: 'claude-x',
      blocks: [
        { type: 'thinking', thinking: 'They ask about disks.', signature: 'EqQBCgIYAhIM1gbcDa9' },
        { type: 'redacted_thinking', data: 'EmwKAhgBEgy3va3pzix' },
      ],
    })
  })

  test('says that it was refused or cut', async () => {
    expect(doneOf(await read(recorded.refused)).reason).toBe('refused')
    expect(doneOf(await read(recorded.cut)).reason).toBe('length')
  })

  test('may have events and blocks of kinds that are new', async () => {
    const events = await read(recorded.newKinds)
    expect(textOf(events)).toBe('Yes.')
    expect(callsOf(events)).toEqual([])
  })

  test('that ends before it says how has made no call, and is no answer', async () => {
    await expect(read(recorded.firstWords)).rejects.toMatchObject({ code: 'engine_crashed' })
    await expect(read(recorded.calls.slice(0, -2))).rejects.toMatchObject({ code: 'engine_crashed' })
    await expect(read([])).rejects.toMatchObject({ code: 'engine_garbled' })
    await expect(read(['data: <html>\n\n'])).rejects.toMatchObject({ code: 'engine_garbled' })
    await expect(read(recorded.calls.slice(1))).rejects.toMatchObject({ code: 'engine_garbled' })
  })

  test('with an error event throws it, by its type', async () => {
    const failing = (type: string) => read([...recorded.firstWords, recorded.errorEvent(type, 'Overloaded')])
    await expect(failing('overloaded_error')).rejects.toMatchObject({ code: 'engine_overloaded', kind: 'transient' })
    await expect(failing('authentication_error')).rejects.toMatchObject({ kind: 'credential' })
    await expect(failing('rate_limit_error')).rejects.toMatchObject({ kind: 'rate_limited' })
  })
})
