import { linkSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { requires, temporaryFolder } from '@castellan/testing'
import { expect } from 'vitest'
import { openWorkspace } from '../../src/sandbox/workspace.ts'

const GID = 1_900_000_000
const root = requires.root()

const facts = (path: string) => {
  const { gid, mode } = statSync(path)
  return { gid, mode: (mode & 0o7777).toString(8) }
}

root.describe('opening the workspace to commands', () => {
  root.test('gives the group what root made, with the rights that its owner has', async () => {
    const workspace = temporaryFolder()
    mkdirSync(join(workspace, 'folder'), { mode: 0o700 })
    writeFileSync(join(workspace, 'folder/text'), '', { mode: 0o600 })
    writeFileSync(join(workspace, 'program'), '', { mode: 0o700 })
    await openWorkspace(workspace, GID)
    expect(facts(workspace)).toEqual({ gid: GID, mode: '2770' })
    expect(facts(join(workspace, 'folder'))).toEqual({ gid: GID, mode: '2770' })
    expect(facts(join(workspace, 'folder/text'))).toEqual({ gid: GID, mode: '660' })
    expect(facts(join(workspace, 'program'))).toEqual({ gid: GID, mode: '770' })
  })

  root.test('touches nothing outside, by symbolic or by hard link', async () => {
    const [workspace, outside] = [temporaryFolder(), temporaryFolder()]
    const [secret, linked] = [join(outside, 'secret'), join(outside, 'linked')]
    for (const path of [secret, linked]) writeFileSync(path, '', { mode: 0o600 })
    symlinkSync(outside, join(workspace, 'out'))
    symlinkSync(secret, join(workspace, 'file'))
    linkSync(linked, join(workspace, 'second name'))
    await openWorkspace(workspace, GID)
    for (const path of [secret, linked]) expect(facts(path)).toEqual({ gid: 0, mode: '600' })
    expect(facts(outside)).toEqual({ gid: 0, mode: '700' })
  })

  root.test('comes to an end however deep the folders go', async () => {
    const workspace = temporaryFolder()
    mkdirSync(join(workspace, ...Array.from({ length: 300 }, () => 'd')), { recursive: true })
    await openWorkspace(workspace, GID)
    expect(facts(join(workspace, 'd')).gid).toBe(GID)
  })
})
