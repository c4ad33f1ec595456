import { randomBytes } from 'node:crypto'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { AgentName, ChatId, newId } from '@castellan/contracts'
import { temporaryFolder } from '@castellan/testing'
import { expect, onTestFinished, test } from 'vitest'
import { DecisionBook, type DecisionLimits } from '../../src/replay/book.ts'
import type { KeptDecision } from '../../src/replay/decided.ts'

const DAY_MS = 86_400_000
const path = () => join(temporaryFolder(), 'decisions.db')

function opened(limits: Partial<DecisionLimits> = {}, file = path(), key = randomBytes(32)): DecisionBook {
  const book = new DecisionBook(file, key, { maxDays: 30, maxBytes: 1024 * 1024, ...limits })
  onTestFinished(() => book.finish())
  return book
}

const tool = (name: string) => ({ name, description: 'x'.repeat(1000) }) as never

function kept(words: string, rest: Partial<KeptDecision> = {}, tools = [tool('a')]): KeptDecision {
  return {
    request: { messages: [{ role: 'user', text: words }], tools, temperature: 0.3 },
    decision: {
      ...{ modelDigest: 'a'.repeat(64), promptDigest: 'b'.repeat(64), grammarDigest: null, seed: 1 },
      engine: { name: 'castellan-engine', version: '0.1.0' },
    },
    calls: [{ call_id: newId('call'), name: 'disk_usage', args: { path: words } }],
    chat: ChatId.parse('main'),
    agent: AgentName.parse('main'),
    at: Date.now(),
    ...rest,
  }
}
const idOf = ({ calls }: KeptDecision): string => calls[0]?.call_id as string

test('a decision is given back exactly as it was, under each of its calls', () => {
  const book = opened()
  const calls = [
    { call_id: newId('call'), name: 'a', args: {} },
    { call_id: newId('call'), name: 'b', args: { deep: [1, { x: null }] } },
  ]
  const decision = kept('how full', { calls, chat: null })
  book.add(decision)
  for (const { call_id } of calls) expect(book.ofCall(call_id)).toEqual(decision)
  expect(book.ofCall(newId('call'))).toBeNull()
})

test('tools that are the same are kept once, and go with the last decision that knew them', () => {
  const file = path()
  const many = Array.from({ length: 200 }, (_, at) => tool(`tool_${at}_${randomBytes(400).toString('hex')}`))
  const [book, key] = [opened({}, file, Buffer.alloc(32, 1)), Buffer.alloc(32, 1)]
  for (let at = 0; at < 20; at++) book.add(kept(`question ${at}`, {}, many))
  expect(statSync(file).size + statSync(`${file}-wal`).size).toBeLessThan(2 * 1024 * 1024)
  book.removeChat('main')
  const after = kept('another', { chat: ChatId.parse('other') }, [tool('b')])
  book.add(after)
  expect(opened({}, file, key).ofCall(idOf(after))).toEqual(after)
})

test('what is too old goes when something new comes', () => {
  const book = opened({ maxDays: 2 })
  const old = kept('old', { at: Date.now() - 3 * DAY_MS })
  book.add(old)
  book.add(kept('new'))
  expect(book.ofCall(idOf(old))).toBeNull()
})

test('the oldest make room, and the newest stays however large it is', () => {
  const book = opened({ maxBytes: 20_000 })
  const noise = () => randomBytes(6000).toString('hex')
  const all = Array.from({ length: 6 }, () => kept(noise()))
  for (const decision of all) book.add(decision)
  expect(book.ofCall(idOf(all[0] as KeptDecision))).toBeNull()
  expect(book.ofCall(idOf(all[5] as KeptDecision))).toEqual(all[5])
  const huge = kept(randomBytes(60_000).toString('hex'))
  book.add(huge)
  expect(book.ofCall(idOf(huge))).toEqual(huge)
  expect(book.ofCall(idOf(all[5] as KeptDecision))).toBeNull()
})

test('only the decisions of a chat go with it', () => {
  const book = opened()
  const [here, there] = [kept('here'), kept('there', { chat: ChatId.parse('other') })]
  book.add(here)
  book.add(there)
  expect(book.removeChat('main')).toBe(1)
  expect(book.removeChat('main')).toBe(0)
  expect(book.ofCall(idOf(here))).toBeNull()
  expect(book.ofCall(idOf(there))).toEqual(there)
})

test('a file under another key is refused', () => {
  const file = path()
  opened({}, file).add(kept('x'))
  expect(() => opened({}, file)).toThrow(expect.objectContaining({ code: 'conversations_unreadable' }))
})
