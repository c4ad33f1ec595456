import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@castellan/testing'
import { expect, test } from 'vitest'
import { stateFolder } from '../src/state.ts'

/** A host with an own instance, or without one, and a user with a state folder that ran, or did not. */
function places({ host, own }: { host: boolean; own: boolean }) {
  const folder = temporaryFolder()
  const [hostState, xdg] = [join(folder, 'host'), join(folder, 'xdg')]
  for (const [path, runs] of [
    [hostState, host],
    [join(xdg, 'castellan'), own],
  ] as const) {
    mkdirSync(path, { recursive: true })
    if (runs) writeFileSync(join(path, 'run.json'), '{}')
  }
  return { hostState, own: join(xdg, 'castellan'), env: { XDG_STATE_HOME: xdg } }
}

test.each([
  ['own', { host: true, own: true }],
  ['own', { host: false, own: true }],
  ['own', { host: false, own: false }],
  ['hostState', { host: true, own: false }],
] as const)('the state folder is %s where there is %o', (expected, there) => {
  const at = places(there)
  expect(stateFolder(undefined, at.env, at.hostState)).toBe(at[expected])
})

test('what is named wins', () => {
  const at = places({ host: true, own: true })
  expect(stateFolder('/srv/one', { ...at.env, CASTELLAN_STATE: '/srv/two' }, at.hostState)).toBe('/srv/one')
  expect(stateFolder(undefined, { ...at.env, CASTELLAN_STATE: '/srv/two' }, at.hostState)).toBe('/srv/two')
})
