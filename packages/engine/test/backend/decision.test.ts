import { describe, expect, it } from 'vitest'
import { Decisions } from '../../src/backend/decision.ts'

function digestOf(text: string): string {
  const messages = [{ role: 'user' as const, text }]
  const request = { messages, tools: [], maxTokens: 1, temperature: 0, seed: 1, priority: 'interactive' as const }
  return new Decisions().of({ request, modelDigest: '', toolsKey: '', promptDigest: undefined, by: '' }).promptDigest
}

describe('what an answer came from', () => {
  it('is told for half a character, too, as the model read it', () => {
    expect(digestOf('show \ud83d')).toBe(digestOf('show \ufffd'))
  })

  it('is another one for other words', () => {
    expect(digestOf('show \u{1f600}')).not.toBe(digestOf('show \ufffd'))
  })
})
