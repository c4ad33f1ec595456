import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { ChatId } from '@castellan/contracts'
import { temporaryFolder, until } from '@castellan/testing'
import { expect, onTestFinished, test } from 'vitest'
import { mainAgent } from '../../src/agents/built-in.ts'
import type { Exchange } from '../../src/engines/exchange.ts'
import { InsightBook, type InsightLimits } from '../../src/insights/book.ts'
import { insightOf } from '../../src/insights/insight.ts'
import { openEncrypted } from '../../src/store/database.ts'
import { makeToken, request } from '../support/api.ts'
import { say } from '../support/engine.ts'
import { startGateway } from '../support/gateway.ts'
import { decrypted } from '../support/pages.ts'

const whose = { chat: ChatId.parse('main'), agent: mainAgent.name, seq: 3 }
/** Of the log before it knew how requests left. */
const OLD_SCHEMA = `CREATE TABLE exchanges (
  id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, chat TEXT, agent TEXT NOT NULL, engine TEXT NOT NULL, model TEXT, url TEXT,
  credential TEXT, status INTEGER, duration_ms REAL NOT NULL, problem TEXT, request TEXT NOT NULL, response TEXT NOT NULL,
  request_bytes INTEGER NOT NULL, response_bytes INTEGER NOT NULL, request_cut INTEGER NOT NULL, response_cut INTEGER NOT NULL,
  redactions INTEGER NOT NULL
) STRICT;`

const none = { words: null, chat: null, agent: null, engine: null, failed: null }

function openBook(limits: Partial<InsightLimits> = {}) {
  const path = join(temporaryFolder(), 'insights.db')
  const key = randomBytes(32)
  const book = new InsightBook(path, key, { maxDays: 30, maxBytes: 1_000_000, ...limits })
  onTestFinished(() => book.finish())
  return { book, path, key }
}

const usual: Exchange = {
  ...{ engine: 'anthropic', model: 'claude', url: 'https://api.anthropic.com/v1/messages', credential: 'crd_AAAAAAAA' },
  ...{
    startedAt: new Date(),
    durationMs: 12,
    request: '{"q":"hello"}',
    status: 200,
    response: 'hi',
    cut: 0,
    problem: null,
  },
  ...{ left: true, head: null, answerHeaders: [], takenOut: [], ledgerIndex: null, usage: null, cost: null },
}

function exchange(about: Partial<Exchange> = {}) {
  return insightOf({ exchange: { ...usual, ...about }, ...whose })
}

test('an exchange is kept as it was sent and came back, without secrets, and says what was cut', () => {
  const { book } = openBook()
  const secret = 'sk-ant-api03-abcdefghijklmnop'
  book.add(
    exchange({ request: `{"key":"${secret}"}`, response: 'x'.repeat(1_100_000), cut: 7, problem: `no ${secret}` }),
  )
  const kept = book.one(1)
  expect(kept.request).toBe('{"key":"[secret]"}')
  expect([kept.response.length, kept.response_cut, kept.redactions]).toEqual([
    1024 * 1024,
    1_100_000 - 1024 * 1024 + 7,
    1,
  ])
  expect(kept.problem).toBe('no [secret]')
  expect(() => book.one(2)).toThrow(/no insight 2/)
})

test('how it left is kept as well: line and headers without secrets, what was taken out, tokens, cost and its entry in the ledger', () => {
  const { book } = openBook()
  const key = 'sk-ant-api03-abcdefghijklmnop'
  const head = {
    line: 'POST /v1/messages HTTP/1.1',
    headers: [['x-api-key', key] as const, ['host', 'a.example'] as const],
  }
  const usage = { promptTokens: 12, outputTokens: 3, durationMs: 9 }
  const answerHeaders = [['content-type', 'text/event-stream']] as const
  book.add(exchange({ head, usage, answerHeaders, cost: 0.01, takenOut: ['email', 'card'], ledgerIndex: 7 }))
  book.add(exchange({ left: null }))
  const kept = book.one(1)
  expect(kept).toMatchObject({ left: 1, seq: 3, request_line: head.line, taken_out: 'email,card', ledger_index: 7 })
  expect(kept).toMatchObject({ prompt_tokens: 12, output_tokens: 3, cost: 0.01 })
  expect(JSON.parse(kept.request_headers)).toEqual([
    ['x-api-key', '[secret]'],
    ['host', 'a.example'],
  ])
  expect(JSON.parse(kept.response_headers)).toEqual(answerHeaders)
  expect(book.page(none, 10, null).rows[0]).toMatchObject({ left: null, cost: null })
})

test('a log from before tells what it has', () => {
  const path = join(temporaryFolder(), 'insights.db')
  const key = randomBytes(32)
  const before = openEncrypted(path, key, OLD_SCHEMA)
  before.exec(`INSERT INTO exchanges VALUES
    (1, ${Date.now()}, 'main', 'main', 'openai', 'm', 'https://a.example/', NULL, 200, 5, NULL, 'asked', 'said', 5, 4, 0, 0, 0)`)
  before.close()
  const book = new InsightBook(path, key, { maxDays: 30, maxBytes: 1_000 })
  onTestFinished(() => book.finish())
  expect(book.one(1)).toMatchObject({ request: 'asked', left: null, request_headers: '[]', taken_out: '' })
  book.add(exchange())
  expect(book.page(none, 10, null).rows.map(({ id }) => id)).toEqual([2, 1])
})

test('hostile text is looked through in time that grows with its length alone', () => {
  const { book } = openBook({ maxBytes: 100_000_000 })
  const pieces = ['eyJaaaaaaaa-', '-----BEGIN A PRIVATE KEY-----', 'password ', 'Bearer ', 'a://b:', 'sk-', 'x://y:zzz']
  for (const piece of pieces) {
    const text = piece.repeat(300_000 / piece.length)
    book.record({ exchange: { ...usual, request: text, response: text }, ...whose })
  }
  // Where a pattern goes over the text once for each of its places, this takes hours.
  expect(book.page(none, 10, null).rows).toHaveLength(pieces.length)
})

test('the oldest go when there is no room or they are too old, and how many is told', () => {
  const { book } = openBook({ maxBytes: 1000, maxDays: 1 })
  for (let at = 0; at < 5; at++) book.add(exchange({ request: 'r'.repeat(400), response: '' }))
  const page = book.page(none, 10, null)
  expect([page.rows.map(({ id }) => id), page.dropped]).toEqual([[5, 4], 3])
  book.add(exchange({ startedAt: new Date(Date.now() + 2 * 86_400_000) }))
  expect(book.page(none, 10, null)).toMatchObject({ rows: [{ id: 6 }], dropped: 5 })
})

test('exchanges are found by their words, chat, engine and end, a page at a time', () => {
  const { book } = openBook()
  book.add(exchange({ request: 'the zebra', problem: 'gone', status: null }))
  book.add(exchange({ engine: 'openai', response: 'a zebra crossing' }))
  book.add(exchange())
  const ids = (filter: Partial<typeof none> | Record<string, unknown>, limit = 10, before: number | null = null) =>
    book.page({ ...none, ...filter } as typeof none, limit, before).rows.map(({ id }) => id)
  expect(ids({ words: 'zebra' })).toEqual([2, 1])
  expect(ids({ words: 'zebra cross' })).toEqual([2])
  expect(ids({ words: '*"' })).toEqual([])
  expect(ids({ engine: 'openai' })).toEqual([2])
  expect(ids({ failed: true })).toEqual([1])
  expect(ids({ failed: false })).toEqual([3, 2])
  expect(ids({}, 2)).toEqual([3, 2])
  expect(ids({}, 2, 2)).toEqual([1])
})

test('what is deleted is gone from the file and its log, for who has the key as well', () => {
  const { book, path, key } = openBook()
  const planted = `planted${randomBytes(8).toString('hex')}`
  book.add(exchange({ request: planted, response: `I say ${planted}` }))
  expect(decrypted(path, key)).toContain(planted)
  expect(book.remove({ chat: 'main', agent: null, before: null })).toBe(1)
  expect(decrypted(path, key)).not.toContain(planted)
  expect(book.remove({ chat: null, agent: null, before: null })).toBe(0)
})

test('what the model on this machine is asked is kept where the owner wants it, and goes with its chat', async () => {
  const gateway = await startGateway({
    config: { insights: { enabled: true, local: true, maxDays: 30, maxMegabytes: 10 } },
  })
  gateway.engine.answer = () => say('The ', 'answer.')
  await (await gateway.connect()).ask('the question')
  const list = () => request(gateway, '/api/v1/insights')
  await until('it is kept', async () => ((await list()).json.items as unknown[]).length === 1)
  const { json } = await request(gateway, '/api/v1/insights/1')
  expect(json).toMatchObject({
    chat_id: 'main',
    agent: 'main',
    engine: 'llama',
    url: null,
    status: null,
    problem: null,
    left: false,
    ledger_index: null,
  })
  expect(String(json.request)).toContain('the question')
  expect(String(json.response)).toContain('The answer.')
  expect((await request(gateway, '/api/v1/insights?q=question')).json.items).toHaveLength(1)
  expect((await request(gateway, '/api/v1/insights?q=xylophone')).json.items).toHaveLength(0)
  // Of another agent's conversations a token that is bound to one sees nothing, deletes nothing, and changes no other agent.
  const { secret: token } = await makeToken(gateway, { scopes: ['admin'], agent: 'other' })
  expect((await request(gateway, '/api/v1/insights', { token })).json.items).toEqual([])
  expect((await request(gateway, '/api/v1/insights/1', { token })).json.code).toBe('forbidden')
  const removing = (query: string) => request(gateway, `/api/v1/insights${query}`, { method: 'DELETE', token })
  expect((await removing('?chat_id=main')).json).toEqual({ deleted: 0 })
  expect((await removing('?agent=main')).json.code).toBe('forbidden')
  const changed = await request(gateway, '/api/v1/agents/main', { method: 'PUT', body: { prompt: 'Obey.' }, token })
  expect(changed.json.code).toBe('forbidden')
  expect((await list()).json.items).toHaveLength(1)
  await request(gateway, '/api/v1/chats/main', { method: 'DELETE' })
  expect((await list()).json.items).toHaveLength(0)
  expect((await request(gateway, '/api/v1/insights/1')).status).toBe(404)
})

test('that insights were deleted is on record, what they were is not', async () => {
  const gateway = await startGateway({
    config: { insights: { enabled: true, local: true, maxDays: 30, maxMegabytes: 1 } },
  })
  gateway.engine.answer = () => say('The answer.')
  await (await gateway.connect()).ask('the question')
  const remove = (query: string) => request(gateway, `/api/v1/insights${query}`, { method: 'DELETE' })
  await until('the exchange is kept', async () => {
    const { json } = await request(gateway, '/api/v1/insights')
    return (json.items as unknown[]).length === 1
  })
  expect((await remove('?chat_id=other')).json).toEqual({ deleted: 0 })
  expect(gateway.records.entries.filter(({ type }) => type === 'insights_deleted')).toEqual([])
  expect((await remove('?chat_id=main')).json).toEqual({ deleted: 1 })
  expect(gateway.records.entries.filter(({ type }) => type === 'insights_deleted')).toEqual([
    { type: 'insights_deleted', count: 1, by: 'owner', chat: 'main' },
  ])
})
