import { chmod, link, lstat, mkdir, readdir, readFile, rename, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CastellanError } from '@castellan/contracts'
import { requires } from '@castellan/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Machine, openMachine, toolByName } from '../../support/machine.ts'

let machine: Machine
beforeEach(async () => {
  machine = await openMachine({
    grants: (folder) => [
      { path: join(folder, 'workspace/sealed/inner'), access: 'none' },
      { path: join(folder, 'workspace/fixed'), access: 'read' },
    ],
  })
  await writeFile(at('a'), 'content')
})
afterEach(() => machine[Symbol.asyncDispose]())

const at = (name: string) => join(machine.workspace, name)
const move = (from: string, to: string) => machine.call('file_move', { from, to })

describe('file_move', () => {
  it('moves a file with its inode, makes missing folders, and undoing removes them', async () => {
    const { ino } = await lstat(at('a'))
    const { inverse, summary } = await move('a', 'new/er/b')
    expect(summary).toBe(`Moved the file ${at('a')} to ${at('new/er/b')}.`)
    expect((await lstat(at('new/er/b'))).ino).toBe(ino)
    await machine.revert('file_move', inverse)
    expect(await readdir(machine.workspace)).toEqual(['a'])
    expect((await lstat(at('a'))).ino).toBe(ino)
  })

  it('moves folders and links, never what a link points to', async () => {
    await mkdir(at('folder'))
    await writeFile(at('folder/x'), 'x')
    await symlink('/etc/passwd', at('link'))
    expect((await move('folder', 'other')).output).toMatchObject({ kind: 'directory' })
    expect((await move('link', 'other/link')).output).toMatchObject({ kind: 'symlink' })
    expect((await readdir(at('other'))).sort()).toEqual(['link', 'x'])
  })

  it('never replaces what is there, whatever it is', async () => {
    await writeFile(at('taken'), 'theirs')
    await mkdir(at('empty'))
    await symlink('nowhere', at('dangling'))
    for (const to of ['taken', 'empty', 'dangling', 'a']) {
      await expect(move('a', to)).rejects.toMatchObject({ code: 'already_exists' })
    }
    expect(await readFile(at('taken'), 'utf8')).toBe('theirs')
  })

  it('refuses both ends outside the grants, and where only reading is granted', async () => {
    await mkdir(at('fixed'))
    await writeFile(at('fixed/f'), 'f')
    await symlink(machine.folder, at('out'))
    await expect(move('/etc/hostname', 'x')).rejects.toMatchObject({ code: 'path_outside_roots' })
    await expect(move('a', '/tmp/x')).rejects.toMatchObject({ code: 'path_outside_roots' })
    await expect(move('a', 'out/x')).rejects.toMatchObject({ code: 'path_outside_roots' })
    await expect(move('a', '../x')).rejects.toMatchObject({ code: 'path_outside_roots' })
    await expect(move('fixed/f', 'x')).rejects.toMatchObject({ code: 'read_only' })
    await expect(move('a', 'fixed/x')).rejects.toMatchObject({ code: 'read_only' })
    await expect(move('a', 'bad\nname')).rejects.toMatchObject({ code: 'path_invalid' })
    await expect(move('a', 'n'.repeat(256))).rejects.toMatchObject({ code: 'path_invalid' })
  })

  it('does not carry a folder away from under a grant of its own, nor into itself, nor the workspace', async () => {
    await mkdir(at('sealed/inner'), { recursive: true })
    await mkdir(at('folder'))
    await expect(move('sealed', 'opened')).rejects.toMatchObject({ code: 'conflict' })
    await expect(move('folder', 'folder/in')).rejects.toMatchObject({ code: 'conflict' })
    await expect(move('.', 'x')).rejects.toMatchObject({ code: expect.stringMatching('conflict|already_exists') })
  })

  it('does not launder a hard link that somebody else may have made', async () => {
    await writeFile(join(machine.folder, 'secret'), 'secret')
    await mkdir(at('open'))
    await chmod(at('open'), 0o777)
    await link(join(machine.folder, 'secret'), at('open/looted'))
    await expect(move('open/looted', 'mine')).rejects.toMatchObject({ code: 'path_outside_roots' })
  })

  it('refuses to undo where the moved file was changed, or its old place is taken; forced it goes as far as it can', async () => {
    const { inverse } = await move('a', 'b')
    await writeFile(at('b'), 'changed since')
    await expect(machine.revert('file_move', inverse)).rejects.toMatchObject({ code: 'world_moved_on' })
    await writeFile(at('a'), 'new')
    await expect(machine.revert('file_move', inverse, true)).rejects.toMatchObject({ code: 'already_exists' })
    await rename(at('a'), at('c'))
    await machine.revert('file_move', inverse, true)
    expect(await readFile(at('a'), 'utf8')).toBe('changed since')
  })

  it('is found not to have happened where it was interrupted between claiming the name and moving', async () => {
    const { inverse } = await move('a', 'new/b')
    await rename(at('new/b'), at('a'))
    await writeFile(at('new/b'), '', { mode: 0o600 })
    await expect(machine.revert('file_move', inverse)).rejects.toMatchObject({ code: 'world_moved_on' })
    expect(await machine.revert('file_move', inverse, false, true)).toBeNull()
    expect(await readdir(machine.workspace)).toEqual(['a'])
  })

  it('looks ahead without changing anything, and refuses what moving would refuse', async () => {
    const preview = toolByName('file_move').preview
    const context = { host: machine.host, signal: machine.signal }
    const shown = await preview?.({ from: 'a', to: 'new/b' }, context)
    expect(shown?.effects).toEqual([
      `Moves the file "${at('a')}" to "${at('new/b')}".`,
      `Makes the folder "${at('new')}".`,
    ])
    await expect(preview?.({ from: 'gone', to: 'b' }, context)).rejects.toMatchObject({ code: 'not_found' })
    expect(await readdir(machine.workspace)).toEqual(['a'])
  })

  requires.root().test('refuses two file systems with a sentence', async () => {
    const { execFileSync } = await import('node:child_process')
    await mkdir(at('mount'))
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', at('mount')])
    try {
      const error = await move('a', 'mount/a').catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(CastellanError)
      expect(error).toMatchObject({ code: 'conflict', message: expect.stringContaining('different file systems') })
      expect(await readdir(at('mount'))).toEqual([])
    } finally {
      execFileSync('umount', [at('mount')])
    }
  })

  // Live systems and containers have such a root: there a file's device number is that of its layer, not of its folder.
  requires.root().test('moves what lies in a layer of an overlay', async () => {
    const { execFileSync } = await import('node:child_process')
    const mount = (...args: string[]) => execFileSync('mount', args, { stdio: 'pipe' })
    for (const name of ['under', 'layers', 'over']) await mkdir(at(name))
    const mounted: string[] = []
    try {
      for (const name of ['under', 'layers']) {
        mount('-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', at(name))
        mounted.push(at(name))
      }
      for (const name of ['under/notes', 'layers/upper', 'layers/work']) await mkdir(at(name))
      await writeFile(at('under/notes/a'), 'content')
      const layers = `lowerdir=${at('under')},upperdir=${at('layers/upper')},workdir=${at('layers/work')}`
      mount('-t', 'overlay', '-o', layers, 'overlay', at('over'))
      mounted.push(at('over'))
      await move('over/notes/a', 'over/notes/b')
      expect(await readFile(at('over/notes/b'), 'utf8')).toBe('content')
      expect(await readdir(at('over/notes'))).toEqual(['b'])
    } finally {
      for (const path of mounted.toReversed()) execFileSync('umount', [path])
    }
  })
})
