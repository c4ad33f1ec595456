import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { LedgerRecord, newId } from '@castellan/contracts'
import { expect, test } from 'vitest'
import { asDone, asPending, otherSession, refusal, request, send, TestAgentd } from '../support/agentd.ts'

test('a read runs at once and leaves an intent and an outcome', async () => {
  const agentd = await TestAgentd.start()
  const answer = asDone(await agentd.call('test_echo', { text: 'hi' }))
  expect(answer).toMatchObject({ ok: true, result: { text: 'hi' }, summary: 'It said hi.' })
  const [outcome, intent] = await agentd.entries()
  expect(intent).toMatchObject({
    entry: { type: 'intent', tool: 'test_echo', effect: 'read', actor: { kind: 'agent', name: 'main' } },
    payload: { args: { text: 'hi' } },
  })
  expect(outcome).toMatchObject({
    entry: { type: 'outcome', index: answer.ledger_index, intent: intent?.entry.index, ok: true },
    payload: { summary: 'It said hi.' },
  })
})

test('through what a caller says that it speaks is on record with what came of it', async () => {
  const agentd = await TestAgentd.start()
  await send(agentd.agent, { ...request('test_echo', { text: 'hi' }), channel: 'page' })
  const [outcome, intent] = await agentd.entries()
  expect([intent, outcome].map((one) => one?.entry.facts?.channel)).toEqual(['page', 'page'])
})

test('half a character in a result or its summary costs no call its outcome', async () => {
  const agentd = await TestAgentd.start()
  const answer = asDone(await agentd.call('test_cut', { text: '😀' }))
  expect(answer).toMatchObject({ ok: true, result: { text: '\ufffd' }, summary: 'It said \ufffd.' })
  const [outcome] = await agentd.entries()
  expect(outcome?.payload).toMatchObject({ summary: 'It said \ufffd.' })
})

test('a change waits for a person, and runs once the caller comes back with the approval', async () => {
  const agentd = await TestAgentd.start()
  const path = join(agentd.stateDir, 'note')
  const asked = request('test_note', { path, text: 'hello' })
  const pending = asPending(await send(agentd.agent, asked))
  expect(pending.reason).toContain('a person has to agree')
  expect(existsSync(path)).toBe(false)

  await agentd.decide(pending.approval_id, 'approve')
  expect(existsSync(path)).toBe(false)

  const answer = asDone(await send(agentd.agent, { ...asked, approval_id: pending.approval_id }))
  expect(answer).toMatchObject({ ok: true, undo: { possible: true, description: `Puts ${path} back as it was.` } })
  expect(readFileSync(path, 'utf8')).toBe('hello')
  expect(await agentd.story()).toEqual(['approval_requested', 'approval_decided', 'grant_spent', 'intent', 'outcome'])
})

test('what cannot be taken back asks as well', async () => {
  const agentd = await TestAgentd.start()
  const pending = asPending(await agentd.call('test_wipe', { path: join(agentd.stateDir, 'token') }))
  expect(pending.reason).toContain('cannot be cleanly taken back')
})

test("the operator's own calls need nobody's approval", async () => {
  const agentd = await TestAgentd.start()
  const path = join(agentd.stateDir, 'note')
  expect(asDone(await agentd.operate('test_note', { path, text: 'x' })).ok).toBe(true)
  const [outcome] = await agentd.entries()
  expect(outcome?.entry.actor).toEqual({ kind: 'operator', name: 'operator' })
})

test('the same call sent again while its approval is open gets the same approval', async () => {
  const agentd = await TestAgentd.start()
  const asked = request('test_note', { path: '/nowhere/note', text: 'x' })
  const first = asPending(await send(agentd.agent, asked))
  const second = asPending(await send(agentd.agent, asked))
  expect(second.approval_id).toBe(first.approval_id)
  expect(await agentd.story()).toEqual(['approval_requested'])
})

test('coming back before anybody decided is answered with the open approval', async () => {
  const agentd = await TestAgentd.start()
  const asked = request('test_note', { path: '/nowhere/note', text: 'x' })
  const { approval_id } = asPending(await send(agentd.agent, asked))
  expect(asPending(await send(agentd.agent, { ...asked, approval_id })).approval_id).toBe(approval_id)
})

test('a denied call is refused, and the refusal is recorded', async () => {
  const agentd = await TestAgentd.start()
  const asked = request('test_note', { path: '/nowhere/note', text: 'x' })
  const { approval_id } = asPending(await send(agentd.agent, asked))
  await agentd.decide(approval_id, 'deny')
  expect((await refusal(send(agentd.agent, { ...asked, approval_id }))).code).toBe('approval_denied')
  const [newest] = await agentd.entries()
  expect(newest?.entry).toMatchObject({ type: 'refused', code: 'approval_denied', approval_id })
})

test.each([
  ['arguments', { args: { path: '/nowhere/note', text: 'y' } }],
  ['tool', { tool: 'test_count', args: { path: '/nowhere/note' } }],
  ['session', { session: otherSession }],
  ['agent', { agent: 'other' }],
  ['call_id', { call_id: newId('call') }],
])('an approval does not serve a call with another %s', async (what, change) => {
  const agentd = await TestAgentd.start()
  const asked = request('test_note', { path: '/nowhere/note', text: 'x' })
  const { approval_id } = asPending(await send(agentd.agent, asked))
  await agentd.decide(approval_id, 'approve')
  const error = await refusal(send(agentd.agent, { ...asked, approval_id, ...change }))
  expect(error.code).toBe('approval_mismatch')
  expect(error.message).toContain(what)
})

test('a call id stands for one call, also across a restart', async () => {
  const agentd = await TestAgentd.start()
  const once = request('test_echo')
  const { ledger_index } = asDone(await send(agentd.agent, once))
  const again = await refusal(send(agentd.agent, once))
  expect(again).toMatchObject({ code: 'duplicate_call', detail: { ledger_index } })

  await agentd.stop()
  const restarted = await TestAgentd.start({ stateDir: agentd.stateDir })
  expect((await refusal(send(restarted.agent, once))).code).toBe('duplicate_call')
})

test('a tool that takes too long is stopped at its deadline', async () => {
  const agentd = await TestAgentd.start()
  const answer = asDone(await agentd.call('test_slow', { ms: 60_000 }))
  expect(answer).toMatchObject({ ok: false, error: { code: 'deadline_exceeded' } })
  const [outcome] = await agentd.entries()
  expect(outcome?.entry).toMatchObject({ type: 'outcome', ok: false, code: 'deadline_exceeded' })
})

test('a call whose caller goes away is stopped, and its outcome says so', async () => {
  const agentd = await TestAgentd.start()
  const leaving = new AbortController()
  const running = agentd.agent.request('POST', '/v1/calls', {
    body: request('test_endless', { ms: 60_000 }),
    schema: LedgerRecord,
    signal: leaving.signal,
  })
  await expect.poll(() => agentd.story()).toEqual(['intent'])
  leaving.abort()
  expect((await refusal(running)).code).toBe('cancelled')
  await expect.poll(() => agentd.story()).toEqual(['intent', 'outcome'])
  const [outcome] = await agentd.entries()
  expect(outcome?.entry).toMatchObject({ ok: false, code: 'cancelled' })
})

test.each([
  ['test_large', {}, 'too_large'],
  ['test_liar', {}, 'internal'],
  ['test_failing', { text: 'known' }, 'unit_not_found'],
  ['test_failing', {}, 'internal'],
])('%s fails as an answer that is recorded, with a stable code', async (tool, args, code) => {
  const agentd = await TestAgentd.start()
  const answer = asDone(await agentd.call(tool, args))
  expect(answer).toMatchObject({ ok: false, error: { code } })
  expect(answer).not.toHaveProperty('result')
  expect(JSON.stringify(answer)).not.toContain('secret')
  const [outcome] = await agentd.entries()
  expect(outcome?.entry).toMatchObject({ index: answer.ledger_index, type: 'outcome', ok: false, code })
})

test('the payload of an entry is for the operator; others see its summary', async () => {
  const agentd = await TestAgentd.start()
  const { ledger_index } = asDone(await agentd.call('test_echo', { text: 'private' }))
  const path = `/v1/ledger/entries/${ledger_index - 1}`
  const shown = await agentd.agent.request('GET', path, { schema: LedgerRecord })
  expect(shown).not.toHaveProperty('payload')
  const whole = await agentd.operator.request('GET', path, { schema: LedgerRecord })
  expect(whole.payload).toEqual({ args: { text: 'private' } })
})
