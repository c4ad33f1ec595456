import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@castellan/testing'
import { expect, test } from 'vitest'
import { stateFolder } from '../src/state.ts'

/** A host with an own instance, or without one, and a user with a state folder that ran, or did not. */
function places({ host, own }: { host: boolean; own: boolean }) {
  const folder = temporaryFolder()
  const [instance, xdg] = [join(folder, 'instance.json'), join(folder, 'xdg')]
  mkdirSync(join(xdg, 'castellan'), { recursive: true })
  if (host) writeFileSync(instance, '{}')
  if (own) writeFileSync(join(xdg, 'castellan', 'run.json'), '{}')
  return { host: { state: '/srv/host', instance }, own: join(xdg, 'castellan'), env: { XDG_STATE_HOME: xdg } }
}

test.each([
  ['own', { host: true, own: true }],
  ['own', { host: false, own: true }],
  ['own', { host: false, own: false }],
  ['/srv/host', { host: true, own: false }],
] as const)('the state folder is %s where there is %o', (expected, there) => {
  const at = places(there)
  expect(stateFolder(undefined, at.env, at.host)).toBe(expected === 'own' ? at.own : expected)
})

test('what is named wins', () => {
  const at = places({ host: true, own: true })
  expect(stateFolder('/srv/one', { ...at.env, CASTELLAN_STATE: '/srv/two' }, at.host)).toBe('/srv/one')
  expect(stateFolder(undefined, { ...at.env, CASTELLAN_STATE: '/srv/two' }, at.host)).toBe('/srv/two')
})
