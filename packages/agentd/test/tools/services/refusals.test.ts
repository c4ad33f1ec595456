import { existsSync } from 'node:fs'
import { requires } from '@castellan/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Machine, openMachine, toolByName } from '../../support/machine.ts'

const names = ['service_list', 'service_failed', 'timer_list']
const acting = [
  'service_status',
  'service_start',
  'service_stop',
  'service_restart',
  'service_reload',
  'unit_read',
  'service_dependencies',
]

requires.that(!existsSync('/run/systemd/system'), 'needs a host without systemd').describe('without systemd', () => {
  let machine: Machine
  beforeAll(async () => {
    machine = await openMachine()
  })
  afterAll(() => machine[Symbol.asyncDispose]())

  it.each([...names.map((name) => [name, {}] as const), ...acting.map((name) => [name, { unit: 'nginx' }] as const)])(
    '%s refuses with the reason and what would make it work',
    async (name, args) => {
      await expect(machine.call(name, args)).rejects.toMatchObject({
        code: 'unsupported_host',
        message: expect.stringMatching(/systemd.*this works\.$/s),
      })
    },
  )

  it('policy still learns which unit is meant', async () => {
    const about = await machine.resources('service_stop', { unit: 'nginx' })
    expect(about).toEqual([{ kind: 'unit', id: 'nginx.service', access: 'write' }])
  })
})

describe('arguments that are refused before anything is asked', () => {
  it.each(
    acting.flatMap((name) =>
      [{}, { unit: '--help' }, { unit: 'a b' }, { unit: '*' }, { unit: 'a/b' }, { unit: 'x', force: true }].map(
        (args) => [name, args] as const,
      ),
    ),
  )('%s %j', (name, args) => {
    expect(toolByName(name).input.safeParse(args).success).toBe(false)
  })

  it.each([
    ['service_list', { state: 'sleeping' }],
    ['unit_read', { unit: 'x', offset: -1 }],
    ['timer_list', { limit: 0 }],
  ])('%s %j', (name, args) => {
    expect(toolByName(name).input.safeParse(args).success).toBe(false)
  })
})
