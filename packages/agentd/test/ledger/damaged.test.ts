import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { LedgerState, ProcessHealth, SignInCode } from '@castellan/contracts'
import { repairLedger, verifyLedger } from '@castellan/ledger'
import { expect, test } from 'vitest'
import { tools } from '../../src/tools/index.ts'
import { refusal, TestAgentd } from '../support/agentd.ts'
import { damage, ledgerOf } from '../support/ledger.ts'

const operator = { kind: 'operator' as const, name: 'operator' }

test('on a damaged ledger agentd stays up, reads, changes nothing and says what to do', async () => {
  const agentd = await onDamagedLedger()
  const health = await agentd.agent.request('GET', '/v1/health', { schema: ProcessHealth })
  expect(health).toMatchObject({ state: 'degraded', detail: { ledger: { state: 'damaged', size: 0 } } })

  const read = await agentd.call('test_echo', { text: 'still here' })
  expect(read).toMatchObject({ status: 'done', ok: true, result: { text: 'still here' }, ledger_index: null })
  expect(await agentd.operate('test_echo')).toMatchObject({ ok: true, ledger_index: null })

  const path = join(agentd.stateDir, 'count')
  const change = await refusal(agentd.operate('test_count', { path }))
  expect(change.code).toBe('ledger_damaged')
  expect(change.message).toMatch(/`agentctl verify-ledger`.*`agentctl ledger repair`/)
  expect((await refusal(agentd.call('test_count', { path }))).code).toBe('ledger_damaged')
  expect((await refusal(agentd.operate('test_wipe', { path }))).code).toBe('ledger_damaged')
  expect(existsSync(path)).toBe(false)
  const signIn = agentd.operator.request('POST', '/v1/sign-ins', { schema: SignInCode })
  expect((await refusal(signIn)).code).toBe('ledger_damaged')
})

test('a damaged ledger can be verified, and its other readers say that it is damaged', async () => {
  const agentd = await onDamagedLedger(tools)
  const verified = await agentd.call('ledger_verify')
  expect(verified).toMatchObject({ ok: true, result: { ok: false, problem: expect.anything() }, ledger_index: null })
  expect(await agentd.call('ledger_query')).toMatchObject({ ok: false, error: { code: 'ledger_damaged' } })
})

test('reopening does not help before the repair; after it, the reads that ran are on record', async () => {
  const damaged = await onDamagedLedger()
  await damaged.call('test_echo')
  await damaged.call('test_echo')
  expect(await reopen(damaged)).toMatchObject({ state: 'damaged', message: expect.stringContaining('repair') })
  await damaged.stop()

  // A restart does not hide them.
  const { stateDir } = damaged
  const agentd = await TestAgentd.start({ stateDir })
  await agentd.call('test_echo')
  const { after } = await repairLedger({ ...ledgerOf(stateDir), actor: operator, reason: 'a bad disk' })
  expect(after.ok).toBe(true)
  expect(await reopen(agentd)).toMatchObject({ state: 'ok' })
  expect(await newestStart(agentd)).toMatchObject({ entry: { facts: { unrecorded_reads: 3 } } })
  expect(await agentd.entries('&type=gap')).toMatchObject([
    { entry: { facts: { lost: 'entries', first: 1, last: 1 } } },
  ])
  expect(await agentd.call('test_echo')).toMatchObject({ ok: true, ledger_index: expect.any(Number) })
  await agentd.stop()
  expect(await verifyLedger(ledgerOf(stateDir))).toMatchObject({ ok: true })

  const restarted = await TestAgentd.start({ stateDir })
  expect(await newestStart(restarted)).toMatchObject({ entry: { facts: { unrecorded_reads: 0 } } })
})

test('an agent can neither reopen nor keep the ledger', async () => {
  const agentd = await TestAgentd.start()
  for (const act of ['reopen', 'erasures', 'key-rotation', 'clock', 'cosign', 'repair']) {
    const asked = agentd.agent.request('POST', `/v1/ledger/${act}`, { schema: LedgerState })
    expect([act, (await refusal(asked)).code]).toEqual([act, 'not_found'])
  }
  expect(tools.map(({ name }) => name).filter((name) => name.startsWith('ledger_'))).toEqual([
    'ledger_query',
    'ledger_verify',
    'ledger_prove',
  ])
})

async function onDamagedLedger(toolset?: typeof tools): Promise<TestAgentd> {
  const before = await TestAgentd.start()
  await before.call('test_echo', { text: 'before the damage' })
  await before.stop()
  damage(before.stateDir)
  return TestAgentd.start({ stateDir: before.stateDir, ...(toolset === undefined ? {} : { tools: toolset }) })
}

async function newestStart(agentd: TestAgentd) {
  return (await agentd.entries('&type=daemon_started'))[0]
}

function reopen({ operator: socket }: TestAgentd): Promise<LedgerState> {
  return socket.request('POST', '/v1/ledger/reopen', { schema: LedgerState })
}
