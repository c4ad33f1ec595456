import { newId } from '@castellan/contracts'
import type { ChatHistoryItem, Token } from 'node-llama-cpp'
import { describe, expect, it } from 'vitest'
import type { PromptTokens } from '../../src/chat/context/slots.ts'
import { fitConversation } from '../../src/chat/fit.ts'
import type { Completion } from '../../src/worker/protocol.ts'

/** One token a character. */
const count = (history: ChatHistoryItem[]): PromptTokens => ({
  tokens: [...JSON.stringify(history)].map((_, index) => index as Token),
  sharedTokens: 0,
})

function conversation(...texts: string[]): Completion['messages'] {
  return texts.map((text, index) => (index % 2 === 0 ? { role: 'user', text } : { role: 'assistant', text, calls: [] }))
}

describe('a conversation', () => {
  it('that fits stays whole', () => {
    const messages = conversation('hello', 'hi', 'and now?')
    const { history } = fitConversation({ messages, maxTokens: 100 }, 1000, count)
    expect(history.map(({ type }) => type)).toEqual(['user', 'model', 'user', 'model'])
  })

  it('that is too long is refused with the figures, and nothing of it is left out', () => {
    const messages = conversation('a'.repeat(400), 'b'.repeat(400), 'what now?')
    expect(() => fitConversation({ messages, maxTokens: 500 }, 800, count)).toThrow(
      expect.objectContaining({
        code: 'context_full',
        detail: { contextTokens: 800, promptTokens: expect.any(Number), room: 568 },
      }),
    )
  })

  it.each(['a', '=', '7', ' '])('with too many of %j in a row is refused before the tokenizer sees it', (character) => {
    const fit = (length: number) => () =>
      fitConversation({ messages: conversation(character.repeat(length)), maxTokens: 100 }, 100_000, count)
    expect(fit(10_000)).not.toThrow()
    expect(fit(10_001)).toThrow(expect.objectContaining({ code: 'invalid_request' }))
  })

  it.each(['a', '=', '7', ' '])('shows neither calls nor results with too many of %j in a row', (character) => {
    const call_id = newId('call')
    const shown = (length: number) => {
      const text = character.repeat(length)
      const messages: Completion['messages'] = [
        { role: 'user', text: 'write it' },
        { role: 'assistant', text: '', calls: [{ call_id, name: 'file_write', args: { text } }] },
        { role: 'tool', call_id, name: 'file_write', ok: true, summary: 'Written.', result: { text }, ledger_index: 3 },
      ]
      return JSON.stringify(fitConversation({ messages, maxTokens: 100 }, 100_000, count).history)
    }
    expect(shown(9000).split(character.repeat(9000))).toHaveLength(3)
    expect(shown(20_000)).toContain('Written.')
    expect(shown(20_000)).not.toContain(character.repeat(100))
  })

  it('whose last message alone is too long is refused', () => {
    const messages = conversation('a'.repeat(2000))
    expect(() => fitConversation({ messages, maxTokens: 100 }, 1000, count)).toThrow(
      expect.objectContaining({ code: 'context_full' }),
    )
  })

  it('carries calls with their results, and only the summary of a result that is too long', () => {
    const call_id = newId('call')
    const messages = (result: unknown): Completion['messages'] => [
      { role: 'user', text: 'read it' },
      { role: 'assistant', text: 'Reading.', calls: [{ call_id, name: 'file_read', args: { path: 'a' } }] },
      { role: 'tool', call_id, name: 'file_read', ok: true, summary: 'Read a.', result, ledger_index: 3 },
    ]
    const last = (result: unknown) =>
      fitConversation({ messages: messages(result), maxTokens: 100 }, 1000, count).history.at(-1)
    const called = { type: 'functionCall', name: 'file_read', params: { path: 'a' } }
    expect(last({ text: 'x' })).toMatchObject({
      type: 'model',
      response: ['Reading.', { ...called, result: { ok: true, summary: 'Read a.', result: { text: 'x' } } }],
    })
    const long = last({ text: 'x'.repeat(900) }) as { response: { result: object }[] }
    expect(long.response[1]?.result).toMatchObject({ summary: 'Read a.', note: expect.any(String) })
    expect(long.response[1]?.result).not.toHaveProperty('result')
  })
})
