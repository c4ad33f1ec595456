import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ContainmentAction } from '@castellan/contracts'
import { createLogger } from '@castellan/daemon'
import { temporaryFolder } from '@castellan/testing'
import { describe, expect, it } from 'vitest'
import { Containments, type Measures } from '../../src/incidents/containment.ts'
import { IncidentFile, Incidents } from '../../src/incidents/incidents.ts'
import { Recovery } from '../../src/incidents/recovery.ts'
import { IncidentConfig } from '../../src/incidents/rules.ts'
import { StateFile } from '../../src/state/state-file.ts'

const log = createLogger({ name: 'test', file: '/dev/null' })
const ledger = { append: async () => 0, query: async () => ({ records: [], more: false }) }
const signal = AbortSignal.timeout(600_000)

/** A moment at which agentd may be killed: what is on disk, and what holds outside. */
interface Moment {
  readonly disk: string
  readonly held: readonly ContainmentAction[]
}

/** Incidents over a file, with measures that hold in a set; every write and every effect is a moment. */
async function open(path: string, held: Set<ContainmentAction>, moments: Moment[] = []) {
  const note = () => moments.push({ disk: readFileSync(path, 'utf8'), held: [...held] })
  class NotedFile extends StateFile<typeof IncidentFile> {
    override async save(value: Parameters<StateFile<typeof IncidentFile>['save']>[0]): Promise<void> {
      await super.save(value)
      note()
    }
  }
  const measure = (action: ContainmentAction) => ({
    async apply() {
      held.add(action)
      note()
      return 'ref'
    },
    async verify() {
      if (!held.has(action)) throw new Error('it does not hold')
      return 'It holds.'
    },
    async lift() {
      held.delete(action)
      note()
      return 'It is lifted.'
    },
  })
  const measures: Measures = {
    freeze_agents: measure('freeze_agents'),
    airlock_off: measure('airlock_off'),
    quarantine_model: measure('quarantine_model'),
    suspend_tokens: measure('suspend_tokens'),
    revoke_capabilities: measure('revoke_capabilities'),
    lock_credentials: measure('lock_credentials'),
  }
  const file = new NotedFile(path, IncidentFile)
  const incidents = await Incidents.open({ ledger, file, log, rules: IncidentConfig.parse({}) })
  const containments = new Containments({ incidents, measures, log })
  const recovery = new Recovery({ incidents, containments, cause: async () => ({ persists: null, seen: 'Gone.' }) })
  return { incidents, containments, recovery }
}

/** All moments from the raise to the end of the way back. */
async function story(): Promise<Moment[]> {
  const path = join(temporaryFolder(), 'incidents.json')
  const moments: Moment[] = []
  const { incidents, containments, recovery } = await open(path, new Set(), moments)
  const { id } = incidents.raise({ class: 'forbidden_egress', subject: 'x', summary: 'x', severity: 'critical' })
  await containments.idle()
  for (;;) {
    const next = recovery.plan(id).steps.find(({ state }) => state === 'next')
    if (next === undefined) break
    await recovery.take(id, { step: next.step }, 'operator', signal)
  }
  await incidents.close()
  return moments
}

describe('agentd killed at any moment of containing and recovering', () => {
  it('comes to what was begun at its next start, and what is written down is what holds', async () => {
    const moments = await story()
    expect(moments.length).toBeGreaterThan(10)
    for (const [at, { disk, held }] of moments.entries()) {
      const path = join(temporaryFolder(), 'incidents.json')
      writeFileSync(path, disk)
      const now = new Set(held)
      const { incidents, containments } = await open(path, now)
      await containments.converge()
      await containments.idle()
      const [incident] = incidents.list()
      const inForce = incident?.containment.filter(({ state }) => state === 'in_force').map(({ action }) => action)
      expect(new Set(inForce), `moment ${at}`).toEqual(now)
      expect(incident?.containment.every(({ state }) => state === 'in_force' || state === 'lifted')).toBe(true)
      if (incident?.state !== 'resolved') expect(incident?.containment.length, `moment ${at}`).toBe(2)
      await incidents.close()
    }
  })
})
