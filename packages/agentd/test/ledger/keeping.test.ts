import {
  CallAnswer,
  LedgerClockSet,
  LedgerCosigning,
  LedgerErasure,
  LedgerHead,
  LedgerKeyRotation,
  LedgerPage,
  LedgerProof,
  LedgerRecord,
  ProcessHealth,
} from '@castellan/contracts'
import { checkProof, verifyLedger } from '@castellan/ledger'
import { expect, test } from 'vitest'
import { asDone, refusal, request, TestAgentd, temporaryState } from '../support/agentd.ts'
import { ledgerOf, writeLedger } from '../support/ledger.ts'

test('erasing destroys a payload, says when and by whom, and the ledger still verifies', async () => {
  const agentd = await TestAgentd.start()
  const { ledger_index } = asDone(await agentd.call('test_echo', { text: 'a customer address' }))
  const intent = ledger_index - 1
  expect(await show(agentd, intent)).toMatchObject({ payload: { args: { text: 'a customer address' } } })

  const { index } = await erase(agentd, intent)
  const shown = await show(agentd, intent)
  expect(shown).toMatchObject({
    entry: { type: 'intent', tool: 'test_echo' },
    payload_state: 'erased',
    erased: { index, time: expect.any(Number), actor: { kind: 'operator', name: 'operator' } },
  })
  expect(shown.payload).toBeUndefined()
  expect(await show(agentd, index)).toMatchObject({
    entry: { type: 'payload_erased', target: intent },
    payload: { reason: 'held an address' },
  })
  expect((await refusal(erase(agentd, intent))).code).toBe('conflict')
  const { records } = await agentd.operator.request('GET', '/v1/ledger/entries?limit=100', { schema: LedgerPage })
  const bare = records.find(({ payload_state }) => payload_state === 'none')?.entry.index
  if (bare !== undefined) expect((await refusal(erase(agentd, bare))).code).toBe('not_found')
  expect((await refusal(erase(agentd, 9999))).code).toBe('not_found')
  await agentd.stop()
  expect(await verifyLedger(ledgerOf(agentd.stateDir))).toMatchObject({ ok: true, findings: [] })
})

test('after a rotation the new key signs, and the ledger verifies with both', async () => {
  const agentd = await TestAgentd.start()
  const head = () => agentd.operator.request('GET', '/v1/ledger/head', { schema: LedgerHead })
  const { vkey: old } = await head()
  const rotated = await agentd.operator.request('POST', '/v1/ledger/key-rotation', { schema: LedgerKeyRotation })
  expect(rotated.vkey).not.toBe(old)
  expect((await head()).vkey).toBe(rotated.vkey)
  expect(await show(agentd, rotated.index)).toMatchObject({ entry: { type: 'key_rotated' } })
  expect(await agentd.call('test_echo')).toMatchObject({ ok: true })
  await agentd.stop()
  expect(await verifyLedger(ledgerOf(agentd.stateDir))).toMatchObject({ ok: true, findings: [] })
})

test.each(['agent', 'operator'] as const)('%s.sock proves an entry to whoever has the key', async (name) => {
  const agentd = await TestAgentd.start()
  const { ledger_index } = asDone(await agentd.call('test_echo', { text: 'secret words' }))
  const path = `/v1/ledger/entries/${ledger_index}/proof`
  const { index, proof } = await agentd[name].request('GET', path, { schema: LedgerProof })
  expect(index).toBe(ledger_index)
  const { vkey } = await agentd[name].request('GET', '/v1/ledger/head', { schema: LedgerHead })
  expect(checkProof(proof, [vkey]).entry).toMatchObject({ index, type: 'outcome', tool: 'test_echo' })
  expect(proof).not.toContain('secret words')
  const beyond = agentd[name].request('GET', '/v1/ledger/entries/99/proof', { schema: LedgerProof })
  expect((await refusal(beyond)).code).toBe('not_found')
})

test('a call brings the proof of its outcome if it is asked to', async () => {
  const agentd = await TestAgentd.start()
  const { vkey } = await agentd.agent.request('GET', '/v1/ledger/head', { schema: LedgerHead })
  const call = (query: string, tool = 'test_echo', args = {}) =>
    agentd.agent.request('POST', `/v1/calls${query}`, { body: request(tool, args), schema: CallAnswer })
  const proven = asDone(await call('?proof=1'))
  const { entry } = checkProof(proven.proof as string, [vkey])
  expect(entry).toMatchObject({ index: proven.ledger_index, type: 'outcome', call_id: proven.call_id })
  expect(asDone(await call('')).proof).toBeUndefined()
  expect(asDone(await call('?proof=0')).proof).toBeUndefined()
  expect((await refusal(call('?proof=perhaps'))).code).toBe('invalid_request')
  const path = `${agentd.stateDir}/count`
  expect((await call('?proof=1', 'test_count', { path })).status).toBe('approval_required')
})

test('a ledger from the future refuses every call, until the operator says that the clock is right', async () => {
  const stateDir = temporaryState()
  await writeLedger(stateDir, () => Date.now() + 3_600_000, ['from the future'])
  const agentd = await TestAgentd.start({ stateDir })
  const health = await agentd.operator.request('GET', '/v1/health', { schema: ProcessHealth })
  expect(health).toMatchObject({ state: 'degraded', detail: { ledger: { state: 'unavailable' } } })
  expect((await refusal(agentd.call('test_echo'))).code).toBe('clock_jumped')
  expect((await refusal(agentd.operate('test_echo'))).code).toBe('clock_jumped')
  const body = { reason: 'the battery was flat' }
  const set = await agentd.operator.request('POST', '/v1/ledger/clock', { body, schema: LedgerClockSet })
  const entry = { type: 'clock_set', actor: { kind: 'operator' } }
  expect(await show(agentd, set.index)).toMatchObject({ entry, payload: body })
  expect(await agentd.call('test_echo')).toMatchObject({ ok: true })
  await agentd.stop()
  expect(await verifyLedger(ledgerOf(stateDir))).toMatchObject({ ok: true, findings: [] })
})

test('a call is erased as a whole, and what is left of it is named until then', async () => {
  const agentd = await TestAgentd.start()
  await agentd.call('test_echo')
  const { records } = await agentd.operator.request('GET', '/v1/ledger/entries?tool=test_echo', { schema: LedgerPage })
  const [outcome, intent] = records.map(({ entry }) => entry.index) as [number, number]
  const { related } = await erase(agentd, outcome)
  expect(related).toEqual([intent])
  const body = { index: outcome, reason: 'held an address', call: true }
  const erasure = await agentd.operator.request('POST', '/v1/ledger/erasures', { body, schema: LedgerErasure })
  expect(erasure).toMatchObject({ erased: [intent], related: [] })
})

test('without a witness policy there is nobody to cosign', async () => {
  const agentd = await TestAgentd.start()
  const asked = agentd.operator.request('POST', '/v1/ledger/cosign', { schema: LedgerCosigning })
  expect(await refusal(asked)).toMatchObject({
    code: 'invalid_request',
    message: expect.stringContaining('witnessPolicy'),
  })
})

function erase({ operator }: TestAgentd, index: number): Promise<LedgerErasure> {
  const body = { index, reason: 'held an address' }
  return operator.request('POST', '/v1/ledger/erasures', { body, schema: LedgerErasure })
}

function show({ operator }: TestAgentd, index: number): Promise<LedgerRecord> {
  return operator.request('GET', `/v1/ledger/entries/${index}`, { schema: LedgerRecord })
}
