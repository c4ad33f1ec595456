import { expect, test } from 'vitest'
import { changesApps } from '../../src/apps/changes.ts'
import { commandText, portText, toneOf } from '../../src/apps/views.ts'

test.each([
  ['active', 'running', 'good'],
  ['activating', 'running', 'warn'],
  ['failed', 'running', 'bad'],
  ['failed', 'stopped', 'bad'],
  ['inactive', 'running', 'bad'],
  ['inactive', 'stopped', ''],
] as const)('%s that should be %s is taken as "%s"', (activeState, wanted, tone) => {
  expect(toneOf({ activeState, wanted })).toBe(tone)
})

test('ports are written as in addresses', () => {
  expect(portText({ protocol: 'tcp', address: '127.0.0.1', port: 80 })).toBe('127.0.0.1:80')
  expect(portText({ protocol: 'udp', address: '::', port: 53 })).toBe('[::]:53/udp')
})

test('a command shows where its words end', () => {
  expect(commandText(['/bin/sh', '-c', 'echo "a b"', ''])).toBe('/bin/sh -c "echo \\"a b\\"" ""')
})

test.each([
  ['outcome', 'app_deploy', true],
  ['outcome', 'service_restart', true],
  ['outcome', 'undo_apply', true],
  ['outcome', 'app_list', false],
  ['outcome', 'app_logs', false],
  ['intent', 'app_stop', false],
  ['outcome', 'xapp_stop', false],
] as const)('%s of %s changes apps: %s', (type, tool, changes) => {
  expect(changesApps({ type, tool } as never)).toBe(changes)
})
