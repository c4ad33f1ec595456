import { join } from 'node:path'
import { createLogger } from '@castellan/daemon'
import { temporaryFolder } from '@castellan/testing'
import { expect, it } from 'vitest'
import { IncidentFile, Incidents } from '../../src/incidents/incidents.ts'
import { StateFile } from '../../src/state/state-file.ts'
import { openMachine, toolByName } from '../support/machine.ts'

async function machine() {
  const file = new StateFile(join(temporaryFolder(), 'incidents.json'), IncidentFile)
  const entries: unknown[] = []
  const ledger = {
    append: async (draft: unknown) => entries.push(draft),
    query: async () => ({ records: [], more: false }),
  }
  const log = createLogger({ name: 'agentd', file: '/dev/null' })
  const incidents = await Incidents.open({ ledger, file, log })
  return {
    incidents,
    entries,
    reopen: () => Incidents.open({ ledger, file, log }),
    ...(await openMachine({ replace: { incidents } })),
  }
}

interface Shown {
  readonly id: string
  readonly state: string
  readonly count: number
  readonly steps: readonly { readonly by: string; readonly note: string }[]
}

it('an incident is reported, followed, contained and resolved, and outlives agentd', async () => {
  const { call, reopen, entries } = await machine()
  const report = { subject: 'nginx.service', summary: 'It answers 502.' }
  await call('incident_create', report)
  const again = (await call('incident_create', report)).output.incident as Shown
  expect(again).toMatchObject({ count: 2, state: 'open' })
  const stepped = await call('incident_step', { id: again.id, note: 'The upstream is down.', contained: true })
  expect(stepped.output.incident).toMatchObject({ state: 'contained', steps: [{ by: 'tester' }] })
  const resolved = await call('incident_resolve', { id: again.id, resolution: 'Restarted the upstream.' })
  expect(resolved.output.incident).toMatchObject({
    state: 'resolved',
    steps: [{}, { note: 'Restarted the upstream.' }],
  })
  expect((await call('incident_list', { state: 'open' })).output.total).toBe(0)
  expect((await reopen()).list()).toMatchObject([{ state: 'resolved', count: 2 }])
  expect(entries).toMatchObject([{ type: 'incident_opened' }, { type: 'incident_step' }, { type: 'incident_resolved' }])
})

it('what is seen again after it was resolved is another incident', async () => {
  const { call } = await machine()
  const report = { subject: 'disk', summary: 'Full.' }
  const first = (await call('incident_create', report)).output.incident as Shown
  await call('incident_resolve', { id: first.id, resolution: 'Emptied.' })
  const second = (await call('incident_create', report)).output.incident as Shown
  expect(second.id).not.toBe(first.id)
  expect(second.count).toBe(1)
})

it.each(['incident_step', 'incident_resolve'])('%s refuses what is not there or is resolved', async (name) => {
  const { call } = await machine()
  const what = name === 'incident_step' ? { note: 'x' } : { resolution: 'x' }
  await expect(call(name, { id: 'inc_nothing000', ...what })).rejects.toMatchObject({ code: 'not_found' })
  const { id } = (await call('incident_create', { subject: 's', summary: 's' })).output.incident as Shown
  await call('incident_resolve', { id, resolution: 'done' })
  await expect(call(name, { id, ...what })).rejects.toMatchObject({ code: 'conflict' })
})

it('their previews say what the incident is', async () => {
  const { call, host, signal } = await machine()
  const { id } = (await call('incident_create', { subject: 'web', summary: 'Slow.' })).output.incident as Shown
  const preview = await toolByName('incident_resolve').preview?.({ id, resolution: 'Cached.' }, { host, signal })
  expect(preview?.effects).toEqual(['Incident reported about web, seen 1×: Slow.', 'Closes it: Cached.'])
})
