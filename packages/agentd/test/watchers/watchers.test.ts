import { join } from 'node:path'
import { AgentName, CastellanError, type LedgerDraft } from '@castellan/contracts'
import { createLogger } from '@castellan/daemon'
import { temporaryFolder } from '@castellan/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { StateFile } from '../../src/state/state-file.ts'
import { type Watcher, WatcherFile } from '../../src/watchers/watcher.ts'
import { Watchers } from '../../src/watchers/watchers.ts'

function watcher(fields: Partial<Watcher> = {}): Watcher {
  return {
    name: AgentName.parse('web'),
    description: '',
    check: { kind: 'unit', unit: 'web.service' },
    everySeconds: 60,
    failures: 2,
    graceSeconds: 60,
    ladder: [{ act: 'restart', unit: 'web.service' }, { act: 'notify' }],
    agreed: true,
    createdBy: { kind: 'operator', name: 'operator' },
    createdAt: new Date(0).toISOString(),
    ...fields,
  }
}

async function world(folder = temporaryFolder()) {
  const seen = { healthy: true, now: 0, refuse: false }
  const entries: LedgerDraft[] = []
  const acts: string[] = []
  const open = () =>
    Watchers.open({
      file: new StateFile(join(folder, 'watchers.json'), WatcherFile),
      ledger: {
        append: async (draft) => {
          entries.push(draft)
          return entries.length
        },
      },
      look: async () => ({ healthy: seen.healthy, message: seen.healthy ? 'fine' : 'down' }),
      makeCall: async ({ tool }, { agreed }) => {
        acts.push(`${tool}:${agreed}`)
        if (seen.refuse) throw new CastellanError('policy_denied', 'No.')
        return { status: 'done', ok: true } as never
      },
      notify: async ({ name }, message) => {
        acts.push(`notify:${name}:${message}`)
      },
      log: createLogger({ name: 'agentd', file: '/dev/null' }),
      now: () => seen.now,
    })
  const watchers = await open()
  onTestFinished(() => watchers.stop())
  return { watchers, open, seen, entries, acts, turns: () => entries.map(({ facts }) => facts?.turn) }
}

describe('watchers', () => {
  it('climb the ladder while it stays wrong, and tell each turn', async () => {
    const { watchers, seen, acts, turns } = await world()
    await watchers.add(watcher())
    for (const healthy of [true, false, false, false, false, true]) {
      seen.healthy = healthy
      await watchers.tick()
      seen.now += 60_000
    }
    expect(acts).toEqual(['service_restart:true', 'notify:web:down'])
    expect(turns()).toEqual(['failing', 'escalated', 'exhausted', 'recovered'])
    expect(watchers.list()[0]?.standing).toMatchObject({ state: 'healthy', failures: 0 })
  })

  it('look no more often than they are told to', async () => {
    const { watchers, seen, entries } = await world()
    await watchers.add(watcher({ failures: 1 }))
    seen.healthy = false
    await watchers.tick()
    seen.now += 59_000
    await watchers.tick()
    expect(entries).toHaveLength(1)
  })

  it('go up the ladder though a step is refused', async () => {
    const { watchers, seen, acts } = await world()
    await watchers.add(watcher({ failures: 1 }))
    seen.healthy = false
    seen.refuse = true
    for (let round = 0; round < 3; round++) {
      await watchers.tick()
      seen.now += 60_000
    }
    expect(acts).toEqual(['service_restart:true', 'notify:web:down'])
  })

  it('do not repeat a step after a restart of agentd', async () => {
    const { watchers, open, seen, acts } = await world()
    await watchers.add(watcher({ failures: 1, graceSeconds: 3600 }))
    seen.healthy = false
    await watchers.tick()
    expect(acts).toEqual(['service_restart:true'])
    const again = await open()
    onTestFinished(() => again.stop())
    again.start()
    await again.tick()
    expect(acts).toEqual(['service_restart:true'])
    expect(again.list()[0]?.standing).toMatchObject({ state: 'escalated', steps: 1 })
  })

  it('look on after the clock was set back', async () => {
    const { watchers, seen, entries } = await world()
    seen.now = Date.parse('2030-01-01T00:00:00Z')
    await watchers.add(watcher({ failures: 1 }))
    await watchers.tick()
    seen.now = Date.parse('2026-01-01T00:00:00Z')
    seen.healthy = false
    await watchers.tick()
    expect(entries).toHaveLength(1)
  })
})
