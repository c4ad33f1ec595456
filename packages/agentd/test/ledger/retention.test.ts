import { LedgerRecord } from '@castellan/contracts'
import { verifyLedger } from '@castellan/ledger'
import { until } from '@castellan/testing'
import { expect, test } from 'vitest'
import { TestAgentd, temporaryState } from '../support/agentd.ts'
import { ledgerOf, writeLedger } from '../support/ledger.ts'

const DAY_MS = 86_400_000
const settings = { LEDGER__RETENTION__PAYLOAD_DAYS: 30 }

test('payloads older than the policy lets them be are pruned at the start; younger ones and all leaves stay', async () => {
  const stateDir = await agedLedger()
  const agentd = await TestAgentd.start({ stateDir, settings })
  const show = (index: number) =>
    agentd.operator.request('GET', `/v1/ledger/entries/${index}`, { schema: LedgerRecord })
  await until('the old payloads are pruned', async () => (await agentd.entries('&type=payloads_pruned')).length === 1)
  await until('the deed is done', async () => (await show(3)).payload_state !== 'present')
  for (const index of [0, 1, 2, 3]) {
    expect(await show(index)).toMatchObject({
      entry: { index },
      payload_state: 'pruned',
      erased: { actor: { kind: 'system', name: 'agentd' } },
    })
  }
  expect(await show(4)).toMatchObject({ payload_state: 'present', payload: { args: { text: 'young' } } })
  await agentd.stop()
  expect(await verifyLedger(ledgerOf(stateDir))).toMatchObject({ ok: true, findings: [] })
})

test('without a policy nothing is pruned, and once pruned is not pruned again', async () => {
  const stateDir = await agedLedger()
  const keeping = await TestAgentd.start({ stateDir })
  expect(await keeping.entries('&type=payloads_pruned')).toEqual([])
  await keeping.stop()
  for (let start = 0; start < 2; start += 1) {
    const agentd = await TestAgentd.start({ stateDir, settings })
    await agentd.stop()
  }
  const agentd = await TestAgentd.start({ stateDir })
  expect(await agentd.entries('&type=payloads_pruned')).toHaveLength(1)
})

/** Entries 0 to 3 are 40 days old, 4 and 5 are 20. */
async function agedLedger(): Promise<string> {
  const stateDir = temporaryState()
  await writeLedger(stateDir, () => Date.now() - 40 * DAY_MS, ['old', 'older'])
  await writeLedger(stateDir, () => Date.now() - 20 * DAY_MS, ['young'])
  return stateDir
}
