import { join } from 'node:path'
import { IncidentListing } from '@castellan/contracts'
import { createLogger } from '@castellan/daemon'
import { expect, test } from 'vitest'
import { IncidentFile, Incidents } from '../../src/incidents/incidents.ts'
import { StateFile } from '../../src/state/state-file.ts'
import { refusal, TestAgentd, temporaryState } from '../support/agentd.ts'
import { MemoryRecorder } from '../support/recorder.ts'
import { sessionTools } from '../support/session-tools.ts'

const burst = { class: 'tool_call_burst', subject: 'main test_echo', summary: 'Too often.' } as const

async function open(clock: () => number, ledger = new MemoryRecorder(), folder = temporaryState()) {
  const file = new StateFile(join(folder, 'incidents.json'), IncidentFile)
  const log = createLogger({ name: 'test', file: '/dev/null' })
  return { incidents: await Incidents.open({ ledger, file, log, now: clock }), ledger, folder }
}

test('a hundred of the same are one incident with a count, and an entry each time it gets worse', async () => {
  let now = 1_000_000
  const { incidents, ledger, folder } = await open(() => now)
  for (let i = 0; i < 100; i += 1) {
    now += 1000
    incidents.raise(burst)
  }
  await incidents.close()
  expect(incidents.list()).toMatchObject([{ class: 'tool_call_burst', count: 100, severity: 'high' }])
  await expect.poll(() => ledger.types).toEqual(['incident_opened', 'incident_escalated', 'incident_escalated'])
  const again = await open(() => now, ledger, folder)
  again.incidents.raise(burst)
  expect(again.incidents.list()).toMatchObject([{ count: 101 }])
})

test('what comes back after an hour of quiet is another incident', async () => {
  let now = 1_000_000
  const { incidents } = await open(() => now)
  incidents.raise(burst)
  expect(incidents.open).toBe(1)
  now += 60 * 60_000
  expect(incidents.open).toBe(0)
  incidents.raise(burst)
  expect(incidents.list()).toHaveLength(2)
  await incidents.close()
})

test('inventing subjects opens no endless row of incidents', async () => {
  const { incidents, ledger } = await open(() => 1_000_000)
  for (let i = 0; i < 1000; i += 1) incidents.raise({ ...burst, subject: `agent${i}` })
  await incidents.close()
  expect(incidents.list()).toHaveLength(33)
  expect(incidents.list()[0]).toMatchObject({ subject: 'many', count: 968 })
  const opened = () => ledger.types.filter((type) => type === 'incident_opened')
  await expect.poll(() => opened().length).toBe(33)
})

test('a burst on agent.sock is refused, and the operator hears of it once', async () => {
  const agentd = await TestAgentd.start({ tools: sessionTools })
  await agentd.call('test_rare')
  await agentd.call('test_rare')
  for (let i = 0; i < 20; i += 1) expect((await refusal(agentd.call('test_rare'))).code).toBe('rate_limited')
  const { incidents } = await agentd.operator.request('GET', '/v1/incidents', { schema: IncidentListing })
  expect(incidents).toMatchObject([{ class: 'tool_call_burst', subject: 'main test_rare', count: 20 }])
  await expect.poll(async () => (await agentd.story()).filter((type) => type === 'incident_opened')).toHaveLength(1)
})
