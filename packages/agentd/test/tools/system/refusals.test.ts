import { existsSync } from 'node:fs'
import { requires } from '@castellan/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Machine, openMachine, toolByName } from '../../support/machine.ts'

let machine: Machine
beforeAll(async () => {
  machine = await openMachine()
})
afterAll(() => machine[Symbol.asyncDispose]())

const systemd = existsSync('/run/systemd/system')

requires.that(!systemd, 'needs a host without systemd').describe('on a host without systemd', () => {
  it.each(['system_reboot', 'system_shutdown'])('%s refuses with the reason, before anybody is asked', async (name) => {
    const error = { code: 'unsupported_host', message: expect.stringMatching(/systemd.*this works\.$/s) }
    await expect(machine.call(name, { reason: 'test' })).rejects.toMatchObject(error)
    await expect(machine.preview(name, { reason: 'test' })).rejects.toMatchObject(error)
  })

  it('system_discover still shows what listens', async () => {
    const { output, summary } = await machine.call('system_discover')
    expect(output.servicesNote).toContain('not run by systemd')
    expect(summary).toContain('Services could not be asked about')
  })
})

describe('arguments that are refused before anything is asked', () => {
  it.each([
    ['process_list', { sortBy: 'name' }],
    ['process_signal', { pid: 1 }],
    ['process_signal', { pid: -1, name: 'x' }],
    ['process_signal', { pid: 0, name: 'x' }],
    ['process_signal', { pid: 77, name: 'x', signal: 9 }],
    ['load_history', { points: 0 }],
    ['user_list', { kind: 'root' }],
    ['login_list', { limit: 0 }],
    ['kernel_parameter_get', { name: '../../etc/passwd' }],
    ['kernel_parameter_get', { name: '/etc/shadow' }],
    ['kernel_parameter_set', { name: 'vm.swappiness' }],
    ['kernel_parameter_set', { name: 'vm.swappiness', value: '1\n2' }],
    ['system_reboot', {}],
    ['system_reboot', { reason: ' ' }],
    ['system_reboot', { reason: 'a\nb' }],
    ['system_reboot', { reason: 'x', delaySeconds: 0 }],
    ['system_shutdown', { reason: 'x', at: 'tonight' }],
  ])('%s %j', (name, args) => {
    expect(toolByName(name).input.safeParse(args).success).toBe(false)
  })

  it('a time that is past, or far away, or means nothing', async () => {
    await expect(machine.call('load_history', { since: 'soonish' })).rejects.toMatchObject({
      code: 'invalid_arguments',
    })
    await expect(machine.call('load_history', { since: '1 hour', until: '2 hours' })).rejects.toMatchObject({
      code: 'invalid_arguments',
      message: expect.stringMatching(/^since \(.+ UTC\) is after until \(.+ UTC\), so there is no time between them\./),
    })
    await expect(machine.call('load_history', { since: '2099-01-01T00:00:00Z' })).rejects.toMatchObject({
      code: 'invalid_arguments',
      message: expect.stringContaining('is after now'),
    })
    for (const at of ['2020-01-01T00:00:00Z', '2099-01-01T00:00:00Z']) {
      const power = { schedule: async () => expect.unreachable(), refuseIfScheduled: async () => undefined }
      await using other = await openMachine({ replace: { power: power as never } })
      await expect(other.call('system_reboot', { reason: 'x', at })).rejects.toMatchObject({
        code: 'invalid_arguments',
      })
    }
  })
})
