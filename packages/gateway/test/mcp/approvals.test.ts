import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { Both } from '../support/mcp/both.ts'

let both: Both
let made = 0
/** A file that only this test writes. */
let WRITE: { name: string; arguments: { path: string; content: string } }
const note = (): string => join(both.workspace, WRITE.arguments.path)

beforeAll(async () => {
  both = await Both.start()
})
afterAll(() => both?.stop())
beforeEach(() => {
  made += 1
  WRITE = { name: 'file_write', arguments: { path: `notes-${made}.txt`, content: 'hello' } }
})

async function askModern() {
  const { last } = await both.client.modern('tools/call', WRITE)
  expect(last.result).toMatchObject({ resultType: 'input_required', requestState: expect.any(String) })
  const approval = last.result._meta['castellan/approval'] as { approval_id: string }
  return { approvalId: approval.approval_id, requestState: last.result.requestState as string }
}

test('a change is input_required with a state; once a person agreed, the same request with the state runs it', async () => {
  const { approvalId, requestState } = await askModern()
  expect(existsSync(note())).toBe(false)

  await both.decide(approvalId, 'approve')
  const { last } = await both.client.modern('tools/call', { ...WRITE, requestState })
  expect(last.result).toMatchObject({
    resultType: 'complete',
    structuredContent: expect.anything(),
    _meta: { 'castellan/ledger': expect.any(Number), 'castellan/undo': { possible: true } },
  })
  expect(both.read(WRITE.arguments.path)).toBe('hello')
})

test('a client that comes back early is held until there is an answer', async () => {
  const { approvalId, requestState } = await askModern()
  const waiting = both.client.modern('tools/call', { ...WRITE, requestState })
  await both.decide(approvalId, 'approve')
  expect((await waiting).last.result).toMatchObject({ resultType: 'complete' })
})

test('a no is told as one, and nothing was done', async () => {
  const { approvalId, requestState } = await askModern()
  await both.decide(approvalId, 'deny')
  const { last } = await both.client.modern('tools/call', { ...WRITE, requestState })
  expect(last.result).toMatchObject({ isError: true, _meta: { 'castellan/error': { code: 'approval_denied' } } })
  expect(existsSync(note())).toBe(false)
})

test('a state that was forged, edited, cut or made for another request is refused', async () => {
  const { approvalId, requestState } = await askModern()
  await both.decide(approvalId, 'approve')
  const middle = Math.floor(requestState.length / 2)
  const flipped = requestState[middle] === 'A' ? 'B' : 'A'
  const edited = requestState.slice(0, middle) + flipped + requestState.slice(middle + 1)
  const forged = Buffer.from(JSON.stringify({ kind: 'waiting_call' })).toString('base64url')
  for (const state of [edited, requestState.slice(0, -1), `${requestState}A`, forged, '', 'ä', 'x'.repeat(20_000)]) {
    const { last } = await both.client.modern('tools/call', { ...WRITE, requestState: state })
    expect(last.error, state).toMatchObject({ code: -32602 })
  }
  for (const other of [
    { name: 'file_write', arguments: { ...WRITE.arguments, content: 'evil' } },
    { name: 'file_delete', arguments: { path: WRITE.arguments.path } },
  ]) {
    const { last } = await both.client.modern('tools/call', { ...other, requestState })
    expect(last.error).toMatchObject({ code: -32602 })
  }
  expect(existsSync(note())).toBe(false)
})

test('a state is good for one run: sent again it runs nothing', async () => {
  const { approvalId, requestState } = await askModern()
  await both.decide(approvalId, 'approve')
  const results = await Promise.all(
    Array.from({ length: 8 }, () => both.client.modern('tools/call', { ...WRITE, requestState })),
  )
  const again = await both.client.modern('tools/call', { ...WRITE, requestState })
  const all = [...results, again].map(({ last }) => last.result)
  expect(all.filter((result) => result.isError !== true)).toHaveLength(1)
  const outcomes = (await both.entries('&type=outcome')).filter(({ entry }) => entry.approval_id === approvalId)
  expect(outcomes).toHaveLength(1)
})

test('a state outlives a restart of the gateway’s agentd', async () => {
  const { approvalId, requestState } = await askModern()
  await both.restartAgentd()
  await both.decide(approvalId, 'approve')
  const { last } = await both.client.modern('tools/call', { ...WRITE, requestState })
  expect(last.result).toMatchObject({ resultType: 'complete' })
})

test('before 2026-07-28 the same call made again goes on with the question, and runs once there is a yes', async () => {
  const client = await both.client.initialize()
  const asked = (await client.rpc('tools/call', WRITE)).last.result
  expect(asked).toMatchObject({
    isError: true,
    content: [{ type: 'text', text: expect.stringMatching(/^Not done yet/) }],
  })
  await both.decide(asked._meta['castellan/approval'].approval_id, 'approve')
  const done = (await client.rpc('tools/call', WRITE)).last.result
  expect(done.isError).toBeUndefined()
  expect(both.read(WRITE.arguments.path)).toBe('hello')

  const next = (await client.rpc('tools/call', WRITE)).last.result
  expect(next._meta['castellan/approval'].approval_id).not.toBe(asked._meta['castellan/approval'].approval_id)
})

test('a session cannot go on with the question of another', async () => {
  const [mine, other] = [await both.client.initialize(), await both.client.initialize()]
  const asked = (await mine.rpc('tools/call', WRITE)).last.result
  await both.decide(asked._meta['castellan/approval'].approval_id, 'approve')

  const theirs = (await other.rpc('tools/call', WRITE)).last.result
  expect(theirs._meta['castellan/approval'].approval_id).not.toBe(asked._meta['castellan/approval'].approval_id)
  const _meta = { 'castellan/state': asked._meta['castellan/state'] }
  expect((await other.rpc('tools/call', { ...WRITE, _meta })).last.error).toMatchObject({ code: -32602 })
  expect(existsSync(note())).toBe(false)
})
