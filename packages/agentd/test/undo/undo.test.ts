import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CallOutcome, type SessionId } from '@castellan/contracts'
import { expect, test } from 'vitest'
import { asDone, otherSession, type Recorded, refusal, TestAgentd } from '../support/agentd.ts'

test.each([
  ['outcome', 0],
  ['intent', 1],
])('the operator takes back an act by the number of its %s', async (_, back) => {
  const { agentd, path } = await start()
  const act = await agentd.callApproved('test_note', { path, text: 'one' })
  const undone = await undo(agentd, act.ledger_index - back)
  expect(undone).toMatchObject({ ok: true, tool: 'undo_apply', result: { index: act.ledger_index, tool: 'test_note' } })
  expect(existsSync(path)).toBe(false)
  const [outcome, intent] = await agentd.entries()
  expect(outcome?.entry).toMatchObject({ type: 'outcome', target: act.ledger_index, tool: 'undo_apply' })
  expect(intent?.entry).toMatchObject({ type: 'intent', actor: { kind: 'operator' } })
})

test('undoing is an act and can be undone, however often', async () => {
  const { agentd, path } = await start()
  writeFileSync(path, 'zero')
  let act = await agentd.callApproved('test_note', { path, text: 'one' })
  for (const content of ['zero', 'one', 'zero', 'one']) {
    act = await undo(agentd, act.ledger_index)
    expect(act).toMatchObject({ ok: true, undo: { possible: true } })
    expect(readFileSync(path, 'utf8')).toBe(content)
  }
})

test('an act is taken back once, and the refusal names the act that did', async () => {
  const { agentd, path } = await start()
  const act = await agentd.callApproved('test_note', { path, text: 'one' })
  const first = await undo(agentd, act.ledger_index)
  const second = await undo(agentd, act.ledger_index)
  expect(second).toMatchObject({
    ok: false,
    error: { code: 'already_undone', detail: { undone_by: first.ledger_index } },
  })
})

test('of two undoings of one act at once, one takes place', async () => {
  const { agentd, path } = await start()
  const act = await agentd.callApproved('test_note', { path, text: 'one' })
  const both = await Promise.all([undo(agentd, act.ledger_index), undo(agentd, act.ledger_index)])
  expect(both.map(({ ok, error }) => (ok ? 'ok' : error?.code)).toSorted()).toEqual(['already_undone', 'ok'])
})

test('where the world moved on, undoing refuses, and the operator can insist', async () => {
  const { agentd, path } = await start()
  const act = await agentd.callApproved('test_note', { path, text: 'one' })
  writeFileSync(path, 'by hand')
  expect(await undo(agentd, act.ledger_index)).toMatchObject({ ok: false, error: { code: 'world_moved_on' } })
  expect(readFileSync(path, 'utf8')).toBe('by hand')
  const forced = await undo(agentd, act.ledger_index, true)
  expect(existsSync(path)).toBe(false)
  expect(await undo(agentd, forced.ledger_index)).toMatchObject({ ok: true })
  expect(readFileSync(path, 'utf8')).toBe('by hand')
})

test('an agent may not insist', async () => {
  const { agentd, path } = await start()
  const act = await agentd.callApproved('test_note', { path, text: 'one' })
  const answer = await agentd.callApproved('undo_apply', { index: act.ledger_index, force: true })
  expect(answer).toMatchObject({ ok: false, error: { code: 'forbidden' } })
})

test('without a number the newest act of the session is taken back, then the one before', async () => {
  const { agentd, path } = await start()
  await agentd.callApproved('test_note', { path, text: 'one' })
  await agentd.callApproved('test_note', { path, text: 'two' })
  await agentd.callApproved('test_note', { path: `${path}.other`, text: 'x' }, { session: otherSession })
  expect((await agentd.callApproved('undo_apply', {})).ok).toBe(true)
  expect(readFileSync(path, 'utf8')).toBe('one')
  expect(existsSync(`${path}.other`)).toBe(true)
})

test("without an act in the session it is the agent's newest, and never another agent's", async () => {
  const { agentd, path } = await start()
  await agentd.callApproved('test_note', { path, text: 'one' }, { session: otherSession })
  const stranger = await agentd.callApproved('undo_apply', {}, { agent: 'stranger' as never })
  expect(stranger).toMatchObject({ ok: false, error: { code: 'not_undoable' } })
  const session = 'ses_third000000' as SessionId
  expect((await agentd.callApproved('undo_apply', {}, { session })).ok).toBe(true)
  expect(existsSync(path)).toBe(false)
})

test('what kept no inverse, is no act, or does not exist is not undone', async () => {
  const { agentd, path } = await start()
  const read = asDone(await agentd.call('test_echo'))
  const counted = await agentd.callApproved('test_count', { path })
  expect((await undo(agentd, read.ledger_index)).error?.code).toBe('not_undoable')
  expect((await undo(agentd, counted.ledger_index)).error?.code).toBe('not_undoable')
  expect((await undo(agentd, 0)).error).toMatchObject({
    code: 'not_undoable',
    message: 'Entry 0 is no act but records daemon started.',
  })
  expect((await undo(agentd, 100_000)).error?.code).toBe('not_found')
})

test.each([{ index: -1 }, { index: 1.5 }, {}, { index: 1, forse: true }])(
  'a bad undo request is refused: %j',
  async (body) => {
    const { agentd } = await start()
    const error = await refusal(agentd.operator.request('POST', '/v1/undo', { body, schema: CallOutcome }))
    expect(error.code).toBe('invalid_request')
  },
)

async function start() {
  const agentd = await TestAgentd.start()
  return { agentd, path: join(agentd.stateDir, 'note') }
}

async function undo(agentd: TestAgentd, index: number, force = false): Promise<Recorded> {
  return asDone(await agentd.operator.request('POST', '/v1/undo', { body: { index, force }, schema: CallOutcome }))
}
