import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { requires, temporaryFolder } from '@castellan/testing'
import { expect, test } from 'vitest'
import { prepareState, removeOutsideSockets } from '../../src/state/folder.ts'

const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8)

test('everything in the state folder is closed to others', () => {
  const layout = prepareState(join(temporaryFolder(), 'deep', 'state'))
  for (const folder of [layout.root, layout.sockets, layout.logs, layout.ledger, layout.agentd, layout.workspace]) {
    expect(mode(folder)).toBe('700')
  }
})

test('an empty folder that others may read is closed', () => {
  const state = join(temporaryFolder(), 'state')
  mkdirSync(state, { mode: 0o755 })
  prepareState(state)
  expect(mode(state)).toBe('700')
})

test('a folder with other things in it is refused and left as it is', () => {
  const folder = temporaryFolder()
  chmodSync(folder, 0o755)
  writeFileSync(join(folder, 'thesis.tex'), '')
  expect(() => prepareState(folder)).toThrow(expect.objectContaining({ code: 'config_invalid' }))
  expect(mode(folder)).toBe('755')
  expect(readdirSync(folder)).toEqual(['thesis.tex'])
})

requires.root().test('a folder of somebody else is refused', () => {
  const folder = temporaryFolder()
  chownSync(folder, 65_534, 65_534)
  expect(() => prepareState(folder)).toThrow(expect.objectContaining({ code: 'permission_denied' }))
})

test('where the path is too long for a socket, sockets go to a short private folder and leave with the run', () => {
  const layout = prepareState(join(temporaryFolder(), 'x'.repeat(90)))
  expect(layout.operatorSocket.length).toBeLessThan(108)
  expect(layout.sockets.startsWith(layout.root)).toBe(false)
  expect(mode(layout.sockets)).toBe('700')
  removeOutsideSockets(layout)
  expect(existsSync(layout.sockets)).toBe(false)
})
