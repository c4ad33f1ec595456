import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@castellan/testing'
import { expect, test } from 'vitest'
import { Repetitions, type Run } from '../../src/idempotency/repetitions.ts'
import { makeToken, request } from '../support/api.ts'
import { type Answer, startGateway, type TestGateway } from '../support/gateway.ts'
import { quietLog } from '../support/log.ts'

const DAY = 24 * 3600 * 1000

test('the same key and body is answered as the first time, also after a restart, and another body is refused', async () => {
  const gateway = await startGateway()
  const first = await create(gateway, 'key-1')
  expect(first.status).toBe(201)
  const again = await create(gateway, 'key-1')
  expect([again.status, again.text]).toEqual([201, first.text])
  expect(again.headers['idempotency-replayed']).toBe('true')
  expect(again.headers['x-request-id']).not.toBe(first.headers['x-request-id'])
  expect((await create(gateway, 'key-1', { name: 'other' })).json.code).toBe('idempotency_conflict')
  expect((await create(gateway, 'key-2')).text).not.toBe(first.text)
  expect((await request(gateway, '/api/v1/tokens')).json.items).toHaveLength(2)
  await gateway.stop()
  const restarted = await startGateway({ folder: gateway.folder })
  const later = await create(restarted, 'key-1', undefined, gateway.token)
  expect([later.status, later.text]).toEqual([201, first.text])
})

test('what comes at the same time runs once, and all get its answer', async () => {
  const gateway = await startGateway()
  const answers = await Promise.all(Array.from({ length: 20 }, () => create(gateway, 'at-once')))
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
  expect((await request(gateway, '/api/v1/tokens')).json.items).toHaveLength(1)
})

test('a key belongs to the credential that sent it', async () => {
  const gateway = await startGateway()
  const { secret } = await makeToken(gateway, { scopes: ['admin'] })
  const first = await create(gateway, 'mine')
  const other = await create(gateway, 'mine', undefined, secret)
  expect([first.status, other.status]).toEqual([201, 201])
  expect(other.text).not.toBe(first.text)
})

test('a refusal keeps no key: the same one may try again', async () => {
  const gateway = await startGateway()
  expect((await create(gateway, 'k', { scopes: [] })).json.code).toBe('invalid_request')
  gateway.records.broken = true
  expect((await create(gateway, 'k')).json.code).toBe('ledger_unavailable')
  gateway.records.broken = false
  expect((await create(gateway, 'k')).status).toBe(201)
})

test('answers are kept sealed: neither a token nor the key that was sent can be found on disk', async () => {
  const gateway = await startGateway()
  const { json } = await create(gateway, 'a-key-to-look-for')
  const folder = join(gateway.folder, 'gateway', 'idempotency')
  const files = readdirSync(folder)
  expect(files).toHaveLength(1)
  const content = files.map((file) => file + readFileSync(join(folder, file), 'latin1')).join()
  for (const planted of [String(json.token), 'a-key-to-look-for', 'owner']) expect(content).not.toContain(planted)
})

test('a key that no header should carry is refused', async () => {
  const gateway = await startGateway()
  for (const key of ['', 'a b', 'x'.repeat(256), 'ü']) {
    expect((await create(gateway, key)).json.code).toBe('invalid_request')
  }
  expect((await create(gateway, 'x'.repeat(255))).status).toBe(201)
})

test('a body that is nested too deeply is refused and does not fail', async () => {
  const gateway = await startGateway()
  const headers = {
    authorization: `Bearer ${gateway.token}`,
    'content-type': 'application/json',
    'idempotency-key': 'k',
  }
  const body = '['.repeat(30_000) + ']'.repeat(30_000)
  expect((await gateway.ask('/api/v1/tokens', { method: 'POST', headers, body })).status).toBe(400)
})

test('a crash between the effect and its answer is admitted', async () => {
  const folder = temporaryFolder()
  await begun(open(folder), 'k')
  await expect(open(folder).begin('owner', 'k', PRINT)).rejects.toMatchObject({ code: 'idempotency_unknown' })
  await expect(open(folder).begin('owner', 'k', OTHER)).rejects.toMatchObject({ code: 'idempotency_conflict' })
})

test('what is kept ends after 24 hours', async () => {
  let now = Date.now()
  const folder = temporaryFolder()
  const repetitions = open(folder, () => now)
  await (await begun(repetitions, 'k')).end({ kind: 'answered', answer: ANSWER })
  now += DAY - 1
  expect(await repetitions.begin('owner', 'k', PRINT)).toEqual({ kind: 'repetition', answer: ANSWER })
  now += 1
  await (await begun(repetitions, 'k')).end({ kind: 'unkept' })
  await expect(repetitions.begin('owner', 'k', PRINT)).rejects.toMatchObject({ code: 'idempotency_unknown' })
})

test('whoever waits for one that did nothing runs next, one at a time', async () => {
  const repetitions = open(temporaryFolder())
  const first = await begun(repetitions, 'k')
  const waiting = [1, 2, 3].map(() => repetitions.begin('owner', 'k', PRINT))
  await expect(repetitions.begin('owner', 'k', OTHER)).rejects.toMatchObject({ code: 'idempotency_conflict' })
  await first.end({ kind: 'nothing_done' })
  const second = (await Promise.race(waiting)) as Run
  expect(second.kind).toBe('run')
  await second.end({ kind: 'answered', answer: ANSWER })
  const kinds = (await Promise.all(waiting)).map(({ kind }) => kind)
  expect(kinds.toSorted()).toEqual(['repetition', 'repetition', 'run'])
})

test('a file that was changed, cut or put under another name is not believed', async () => {
  const folder = temporaryFolder()
  const repetitions = open(folder)
  await (await begun(repetitions, 'a')).end({ kind: 'answered', answer: ANSWER })
  const [a = ''] = readdirSync(folder)
  await (await begun(repetitions, 'b')).end({ kind: 'answered', answer: ANSWER })
  const b = readdirSync(folder).find((name) => name !== a) ?? ''
  const sealed = readFileSync(join(folder, a))
  for (const wrong of [readFileSync(join(folder, b)), sealed.subarray(0, 20), Buffer.alloc(0), flipped(sealed)]) {
    writeFileSync(join(folder, a), wrong)
    await expect(repetitions.begin('owner', 'a', PRINT)).rejects.toMatchObject({ code: 'idempotency_unknown' })
  }
})

test('one caller has 1,000 keys a day and uses up nobody else’s', async () => {
  const repetitions = open(temporaryFolder())
  for (let count = 0; count < 1_000; count++) {
    await (await begun(repetitions, `k${count}`)).end({ kind: 'unkept' })
  }
  await expect(repetitions.begin('owner', 'one more', PRINT)).rejects.toMatchObject({ code: 'rate_limited' })
  expect((await repetitions.begin('tok_other', 'one more', PRINT)).kind).toBe('run')
})

const PRINT = 'a'.repeat(64)
const OTHER = 'b'.repeat(64)
const ANSWER = { status: 201, headers: { 'content-type': 'application/json' }, body: '{"a":1}' }

function open(folder: string, now: () => number = Date.now): Repetitions {
  return new Repetitions({ folder, key: Buffer.alloc(32, 3), log: quietLog('gateway'), now })
}

async function begun(repetitions: Repetitions, key: string): Promise<Run> {
  const found = await repetitions.begin('owner', key, PRINT)
  if (found.kind !== 'run') throw new Error('it was there already')
  return found
}

function flipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes)
  copy[copy.length - 1] = (copy.at(-1) as number) ^ 1
  return copy
}

function create(gateway: TestGateway, key: string, more: object = {}, token?: string): Promise<Answer> {
  const body = { name: 'made', scopes: ['read'], ...more }
  const asking = { body, headers: { 'idempotency-key': key } }
  return request(gateway, '/api/v1/tokens', token === undefined ? asking : { ...asking, token })
}
