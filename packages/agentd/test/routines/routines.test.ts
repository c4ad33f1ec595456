import { join } from 'node:path'
import { AgentName, CastellanError, type LedgerDraft } from '@castellan/contracts'
import { createLogger } from '@castellan/daemon'
import { temporaryFolder } from '@castellan/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type Routine, RoutineFile } from '../../src/routines/routine.ts'
import { Routines } from '../../src/routines/routines.ts'
import { StateFile } from '../../src/state/state-file.ts'

const MINUTE = 60_000

function routine(fields: Partial<Routine> = {}): Routine {
  return {
    name: AgentName.parse('tidy'),
    description: '',
    timing: { everySeconds: 600 },
    calls: [{ tool: 'test_echo', args: {} }],
    jitterSeconds: 0,
    catchUp: 'skip',
    onFailure: 'stop',
    agreed: false,
    createdBy: { kind: 'operator', name: 'operator' },
    createdAt: new Date(0).toISOString(),
    ...fields,
  }
}

/** Routines over a clock that only the test moves, on real files; calls end when the test says so. */
async function world({ now = 0, folder = temporaryFolder() } = {}) {
  const clock = { now }
  const entries: LedgerDraft[] = []
  const made: string[] = []
  const held: PromiseWithResolvers<void>[] = []
  const behaviour = { hold: false, fail: new Set<string>() }
  const file = new StateFile(join(folder, 'routines.json'), RoutineFile)
  const routines = await Routines.open({
    file,
    ledger: {
      append: async (draft) => {
        entries.push(draft)
        return entries.length
      },
    },
    makeCall: async ({ tool }, { name }) => {
      made.push(`${name}:${tool}`)
      if (behaviour.hold) {
        const gate = Promise.withResolvers<void>()
        held.push(gate)
        await gate.promise
      }
      if (behaviour.fail.has(tool)) throw new CastellanError('unsupported_host', 'This host has no such thing.')
      return { status: 'done', ok: true, tool, summary: 'fine', ledger_index: 7 } as never
    },
    checkCall: ({ tool }) => {
      if (!tool.startsWith('test_')) throw new CastellanError('unknown_tool', `There is no tool ${tool}.`)
    },
    log: createLogger({ name: 'agentd', file: '/dev/null' }),
    now: () => clock.now,
    random: () => 0.5,
  })
  routines.start()
  onTestFinished(() => routines.stop())
  for (const { routine } of routines.list()) await routines.remove(routine.name)
  return { routines, clock, entries, made, held, behaviour, folder, types: () => entries.map(({ type }) => type) }
}

describe('routines', () => {
  it('run when they are due and not before, each run an entry', async () => {
    const { routines, clock, entries, made } = await world()
    await routines.add(routine())
    clock.now = 10 * MINUTE - 1
    await routines.tick()
    expect(made).toEqual([])
    clock.now = 10 * MINUTE
    await routines.tick()
    expect(made).toEqual(['tidy:test_echo'])
    expect(entries).toMatchObject([
      {
        type: 'routine_run',
        actor: { kind: 'routine', name: 'tidy' },
        ok: true,
        facts: { trigger: 'schedule', made: 1 },
      },
    ])
    await routines.tick()
    expect(made).toHaveLength(1)
  })

  it('start up to the jitter late', async () => {
    const { routines, clock, made } = await world()
    await routines.add(routine({ jitterSeconds: 60 }))
    clock.now = 10 * MINUTE + 29_000
    await routines.tick()
    expect(made).toEqual([])
    clock.now = 10 * MINUTE + 30_000
    await routines.tick()
    expect(made).toHaveLength(1)
  })

  it('never overlap themselves: a run that is due meanwhile is skipped, and the ledger says so', async () => {
    const { routines, clock, made, held, behaviour, types } = await world()
    await routines.add(routine())
    behaviour.hold = true
    clock.now = 10 * MINUTE
    const first = routines.tick()
    await expect.poll(() => held.length).toBe(1)
    clock.now = 20 * MINUTE
    await routines.tick()
    await expect(routines.trigger('tidy', new AbortController().signal)).rejects.toMatchObject({ code: 'busy' })
    expect(made).toHaveLength(1)
    held[0]?.resolve()
    await first
    expect(types()).toEqual(['routine_skipped', 'routine_run'])
  })

  it('stop at the first call that fails, or go on, as they say', async () => {
    const { routines, behaviour, made, entries } = await world()
    behaviour.fail.add('test_bad')
    const calls = [
      { tool: 'test_bad', args: {} },
      { tool: 'test_echo', args: {} },
    ]
    await routines.add(routine({ calls }))
    await routines.add(routine({ name: AgentName.parse('stubborn'), calls, onFailure: 'continue' }))
    const signal = new AbortController().signal
    const stopped = await routines.trigger('tidy', signal)
    expect(stopped).toMatchObject({ ok: false, calls: [{ tool: 'test_bad', code: 'unsupported_host' }] })
    expect(await routines.trigger('stubborn', signal)).toMatchObject({
      ok: false,
      calls: [{ ok: false }, { ok: true }],
    })
    expect(made).toEqual(['tidy:test_bad', 'stubborn:test_bad', 'stubborn:test_echo'])
    expect(entries[0]).toMatchObject({ ok: false, code: 'unsupported_host', facts: { calls: 2, made: 1, failed: 1 } })
  })

  it.each([
    ['once', ['tidy:test_echo'], 'routine_run'],
    ['skip', [], 'routine_skipped'],
  ] as const)('that were missed while agentd was away are caught up: %s', async (catchUp, expected, type) => {
    const before = await world()
    await before.routines.add(routine({ catchUp }))
    await before.routines.stop()
    const folder = before.folder
    const clock = { now: 47 * MINUTE }
    const made: string[] = []
    const entries: LedgerDraft[] = []
    const routines = await Routines.open({
      file: new StateFile(join(folder, 'routines.json'), RoutineFile),
      ledger: {
        append: async (draft) => {
          entries.push(draft)
          return 1
        },
      },
      makeCall: async ({ tool }, { name }) => {
        made.push(`${name}:${tool}`)
        return { status: 'done', ok: true, tool, summary: 'fine', ledger_index: 7 } as never
      },
      checkCall: () => {},
      log: createLogger({ name: 'agentd', file: '/dev/null' }),
      now: () => clock.now,
      random: () => 0,
    })
    routines.start()
    onTestFinished(() => routines.stop())
    await routines.tick()
    expect(made).toEqual(expected)
    await expect.poll(() => entries.map((entry) => entry.type)).toEqual([type])
    // Four runs were missed; the next one comes in step.
    expect(routines.list()[0]?.nextRunAt?.getTime()).toBe(50 * MINUTE)
  })

  it('are not lost or doubled by a crash in the middle of a run', async () => {
    const { routines, clock, held, behaviour, folder } = await world()
    await routines.add(routine({ catchUp: 'once' }))
    behaviour.hold = true
    clock.now = 10 * MINUTE
    const running = routines.tick()
    await expect.poll(() => held.length).toBe(1)
    // What a new agentd would read: this run counts as dealt with.
    const kept = await new StateFile(join(folder, 'routines.json'), RoutineFile).load()
    expect(kept?.routines[0]).toMatchObject({ name: 'tidy', dueUpTo: new Date(10 * MINUTE).toISOString() })
    held[0]?.resolve()
    await running
  })

  it('go on after the clock was set back by years', async () => {
    const { routines, clock, made } = await world({ now: Date.parse('2030-01-01T00:00:00Z') })
    await routines.add(routine())
    clock.now = Date.parse('2030-01-01T00:10:00Z')
    await routines.tick()
    expect(made).toHaveLength(1)
    clock.now = Date.parse('2026-01-01T00:00:00Z')
    await routines.remove('tidy')
    await routines.add(routine())
    clock.now += 10 * MINUTE
    await routines.tick()
    expect(made).toHaveLength(2)
  })

  it.each([
    [{ calls: [{ tool: 'nope', args: {} }] }, 'unknown_tool'],
    [{ calls: [{ tool: 'routine_add', args: {} }] }, 'invalid_arguments'],
    [{ calls: [{ tool: 'undo_apply', args: {} }] }, 'invalid_arguments'],
    [{ timing: { cron: 'whenever', timezone: 'UTC' } }, 'invalid_arguments'],
  ] as const)('refuse %j', async (fields, code) => {
    const { routines } = await world()
    await expect(routines.add(routine(fields as never))).rejects.toMatchObject({ code })
    expect(routines.list()).toEqual([])
  })

  it('have names of their own', async () => {
    const { routines } = await world()
    await routines.add(routine())
    await expect(routines.add(routine())).rejects.toMatchObject({ code: 'already_exists' })
    await expect(routines.remove('tydy')).rejects.toThrow(/Did you mean "?tidy/)
  })
})
