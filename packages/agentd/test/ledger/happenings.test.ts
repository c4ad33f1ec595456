import { setTimeout as delay } from 'node:timers/promises'
import { Happening, type LedgerNews } from '@castellan/contracts'
import { expect, onTestFinished, test } from 'vitest'
import { TestAgentd } from '../support/agentd.ts'

/** Listens to what happens, and keeps what the ledger was told. */
async function follow(agentd: TestAgentd, after?: number) {
  const leaving = new AbortController()
  onTestFinished(() => leaving.abort())
  const heard: LedgerNews[] = []
  const vitals: Happening['vitals'][] = []
  const query = after === undefined ? '' : `?after=${after}`
  const listening = (async () => {
    const options = { schema: Happening, signal: leaving.signal }
    for await (const { ledger, vitals: looked } of agentd.agent.stream('GET', `/v1/follow${query}`, options)) {
      if (ledger !== undefined) heard.push(ledger)
      if (looked !== undefined) vitals.push(looked)
    }
  })().catch(() => undefined)
  const indexes = () => heard.flatMap(({ records }) => records.map(({ entry }) => entry.index))
  const told = async (count: number) => {
    while (indexes().length < count) await delay(5)
    return indexes()
  }
  while (heard.length === 0) await delay(5)
  return { heard, vitals, told, listening }
}

test('every entry is told once and in order, without what was in the call', async () => {
  const agentd = await TestAgentd.start()
  const { heard, told } = await follow(agentd)
  expect(heard[0]).toEqual({ size: 3, records: [], skipped: 0 })
  await agentd.call('test_echo')
  await agentd.call('test_echo')
  expect(await told(4)).toEqual([3, 4, 5, 6])
  for (const { payload } of heard.flatMap(({ records }) => records)) {
    expect(Object.keys(payload ?? {}).filter((name) => name !== 'summary')).toEqual([])
  }
})

test('who was away is told what came meanwhile, and of a long absence the newest', async () => {
  const agentd = await TestAgentd.start()
  for (let nth = 0; nth < 3; nth += 1) await agentd.call('test_echo')
  const { heard } = await follow(agentd, 4)
  expect(heard[0]?.records.map(({ entry }) => entry.index)).toEqual([4, 5, 6, 7, 8])
  expect((await follow(agentd, 9_999)).heard[0]).toEqual({ size: 9, records: [], skipped: 0 })
})

test('how busy the machine is comes with the first word', async () => {
  const agentd = await TestAgentd.start()
  const { vitals } = await follow(agentd)
  while (vitals.length === 0) await delay(5)
  expect(vitals[0]).toMatchObject({ cpu_percent: null, received_per_s: null })
  expect(vitals[0]?.memory_percent).toBeGreaterThan(0)
})
