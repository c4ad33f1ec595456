import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
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

test('folders above the state folder that have to be made are closed too', () => {
  const parent = join(temporaryFolder(), 'deep')
  prepareState(join(parent, 'er', 'state'))
  expect([mode(parent), mode(join(parent, 'er'))]).toEqual(['700', '700'])
})

// Node's recursive mkdir never comes back from there.
test('where no folder can be made, it is said at once', () => {
  expect(() => prepareState('/proc/nope/state')).toThrow(
    expect.objectContaining({
      code: 'config_invalid',
      message:
        'The folder /proc/nope/state cannot be made: no folders can be made in /proc. Choose another one with --state DIR.',
    }),
  )
})

test('a file in the way is named', () => {
  const file = join(temporaryFolder(), 'file')
  writeFileSync(file, '')
  const refusal = expect.objectContaining({
    code: 'config_invalid',
    message: expect.stringContaining(`: ${file} is a file. Choose another one with --state DIR.`),
  })
  expect(() => prepareState(file)).toThrow(refusal)
  expect(() => prepareState(join(file, 'deep', 'state'))).toThrow(refusal)
})

test('a link to nowhere is refused', () => {
  const link = join(temporaryFolder(), 'link')
  symlinkSync('/nowhere/at/all', link)
  expect(() => prepareState(link)).toThrow(expect.objectContaining({ code: 'config_invalid' }))
})

requires
  .that(process.getuid?.() !== 0, 'needs a user other than root, to whom folders can be closed')
  .test('a folder that is closed to us is named', () => {
    const closed = temporaryFolder()
    chmodSync(closed, 0o500)
    expect(() => prepareState(join(closed, 'state'))).toThrow(
      expect.objectContaining({
        code: 'permission_denied',
        message: expect.stringContaining(`${closed} is closed to you`),
      }),
    )
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
