import { randomBytes } from 'node:crypto'
import { OperatorListing } from '@castellan/contracts'
import { describe, expect, it } from 'vitest'
import { tools } from '../../src/tools/index.ts'
import { asDone, refusal, TestAgentd } from '../support/agentd.ts'

interface Listed {
  readonly routines?: { readonly name: string; readonly declared: boolean }[]
  readonly watchers?: { readonly name: string; readonly declared: boolean }[]
}

/** agentd with these settings, on the state that an earlier one left. */
async function started(settings: Record<string, unknown>, before?: TestAgentd): Promise<TestAgentd> {
  await before?.stop()
  return TestAgentd.start({ tools, settings, ...(before === undefined ? {} : { stateDir: before.stateDir }) })
}

async function listed(agentd: TestAgentd, kind: 'routine' | 'watcher') {
  const { result } = asDone(await agentd.operate(`${kind}_list`))
  return (result as Listed)[`${kind}s`] ?? []
}

async function names(agentd: TestAgentd, kind: 'routine' | 'watcher'): Promise<string[]> {
  return (await listed(agentd, kind)).map(({ name }) => name)
}

async function keys(agentd: TestAgentd) {
  const { operators } = await agentd.operator.request('GET', '/v1/operators', { schema: OperatorListing })
  return operators
    .filter(({ revoked_at }) => revoked_at === undefined)
    .map(({ name, person }) => `${name} of ${person}`)
}

const hourly = { timing: { everySeconds: 3600 }, calls: [{ tool: 'system_health', args: {} }] }
const disk = { check: { kind: 'disk', path: '/', abovePercent: 90 }, ladder: [{ act: 'notify' }] }

describe('routines and watchers that the configuration declares', () => {
  it('are there beside those made by tools, and go when they are taken out', async () => {
    const first = await started({ routines: { hourly }, watchers: { disk } })
    expect(await names(first, 'routine')).toEqual(expect.arrayContaining(['health', 'hourly']))
    expect(await names(first, 'watcher')).toEqual(['disk'])

    const second = await started({}, first)
    expect(await names(second, 'routine')).toContain('health')
    expect(await names(second, 'routine')).not.toContain('hourly')
    expect(await names(second, 'watcher')).toEqual([])
  })

  it('are listed as such, and cannot be removed by a tool', async () => {
    const agentd = await started({ routines: { hourly }, watchers: { disk } })
    expect(await listed(agentd, 'routine')).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: 'hourly', declared: true, schedule: { everySeconds: 3600 } }),
        expect.objectContaining({ name: 'health', declared: false }),
      ]),
    )
    expect(await listed(agentd, 'watcher')).toEqual([expect.objectContaining({ name: 'disk', declared: true })])
    for (const [tool, name] of [
      ['routine_remove', 'hourly'],
      ['watcher_remove', 'disk'],
    ] as const) {
      const { ok, error } = asDone(await agentd.operate(tool, { name }))
      expect([ok, error?.code]).toEqual([false, 'conflict'])
      expect(error?.message).toContain("declared in this host's configuration")
    }
  })

  it('replace what a tool made under their name', async () => {
    const first = await started({})
    asDone(await first.operate('watcher_add', { name: 'disk', ...disk }))
    const second = await started({ watchers: { disk: { ...disk, everySeconds: 600 } } }, first)
    expect(await names(second, 'watcher')).toEqual(['disk'])
    expect(asDone(await second.operate('watcher_remove', { name: 'disk' })).error?.code).toBe('conflict')
  })

  it.each([
    ['a tool that there is not', { ...hourly, calls: [{ tool: 'system_helth', args: {} }] }, 'system_helth'],
    ['a moment that never comes', { ...hourly, timing: { cron: '0 0 30 2 *', timezone: 'UTC' } }, 'never comes'],
    [
      'calls about routines',
      { ...hourly, calls: [{ tool: 'routine_remove', args: { name: 'health' } }] },
      'decide about itself',
    ],
  ])('keep agentd from starting with %s', async (_, routine, words) => {
    const error = await refusal(started({ routines: { broken: routine } }))
    expect(error.code).toBe('config_invalid')
    expect(error.message).toContain('The routine broken: ')
    expect(error.message).toContain(words)
  })
})

describe('operators that the configuration declares', () => {
  const publicKey = randomBytes(32).toString('base64')

  it('are enrolled once, under the name of their person, and revoked when they are taken out', async () => {
    const first = await started({ operators: { laptop: { publicKey, person: 'Ada' } } })
    expect(await keys(first)).toEqual(['laptop of Ada'])
    const second = await started({ operators: { laptop: { publicKey, person: 'Ada' } } }, first)
    expect(await keys(second)).toEqual(['laptop of Ada'])
    const third = await started({}, second)
    expect(await keys(third)).toEqual([])
    const story = (await third.story()).filter((type) => type.startsWith('operator_'))
    expect(story).toEqual(['operator_enrolled', 'operator_revoked'])
  })

  it('are enrolled anew for another person', async () => {
    const first = await started({ operators: { laptop: { publicKey, person: 'Ada' } } })
    const second = await started({ operators: { laptop: { publicKey } } }, first)
    expect(await keys(second)).toEqual(['laptop of laptop'])
  })

  it('leave keys alone that were enrolled by hand', async () => {
    const first = await started({})
    await first.operator.request('POST', '/v1/operators', {
      body: { name: 'by hand', public_key: publicKey },
      schema: OperatorListing.shape.operators.element,
    })
    const second = await started({ operators: { declared: { publicKey } } }, first)
    expect(await keys(second)).toEqual(['by hand of by hand'])
    const third = await started({}, second)
    expect(await keys(third)).toEqual(['by hand of by hand'])
  })
})
