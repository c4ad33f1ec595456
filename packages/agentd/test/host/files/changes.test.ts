import { writeFileSync } from 'node:fs'
import {
  chmod,
  chown,
  link,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import type { Inverse } from '@castellan/contracts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Accounts } from '../../../src/host/accounts.ts'
import { Files } from '../../../src/host/files/files.ts'
import { Trash } from '../../../src/host/files/trash.ts'
import { type Machine, openMachine } from '../../support/machine.ts'

let machine: Machine
beforeEach(async () => {
  machine = await openMachine()
})
afterEach(() => machine[Symbol.asyncDispose]())

const at = (name: string) => join(machine.workspace, name)
const changes = () => machine.host.files.changes
const nothing = async () => {}
const reverting = () => ({ force: false, interrupted: false, keepInverse: nothing, signal: machine.signal })

/** What a person would compare: every name, kind, content, link target, mode and time (to the microsecond). */
async function picture(folder: string): Promise<Record<string, string>> {
  const seen: Record<string, string> = {}
  for (const name of (await readdir(folder, { recursive: true })).sort()) {
    const stats = await lstat(join(folder, name), { bigint: true })
    const mode = (stats.mode & 0o7777n).toString(8)
    if (stats.isDirectory()) seen[name] = `folder ${mode}`
    else if (stats.isSymbolicLink()) seen[name] = `link ${await readlink(join(folder, name))} ${stats.mtimeNs / 1000n}`
    else seen[name] = `file ${mode} ${stats.mtimeNs / 1000n} ${(await readFile(join(folder, name))).toString('hex')}`
  }
  return seen
}

describe('writing', () => {
  it('makes missing folders, and undoing removes them again', async () => {
    const before = await picture(machine.workspace)
    const { inverse } = await machine.call('file_write', { path: 'a/b/c.txt', content: 'x' })
    expect(await readFile(at('a/b/c.txt'), 'utf8')).toBe('x')
    await machine.revert('file_write', inverse)
    expect(await picture(machine.workspace)).toEqual(before)
  })

  it('leaves a folder that it made when somebody else uses it by now', async () => {
    const { inverse } = await machine.call('file_write', { path: 'a/b/c.txt', content: 'x' })
    await writeFile(at('a/other.txt'), 'theirs')
    await machine.revert('file_write', inverse)
    expect(Object.keys(await picture(machine.workspace))).toEqual(['a', 'a/other.txt'])
  })

  it('keeps mode and owner of what it replaces', async () => {
    await writeFile(at('script'), 'old')
    await chmod(at('script'), 0o751)
    if (process.geteuid?.() === 0) await chown(at('script'), 65_534, 65_534)
    const before = await stat(at('script'))
    await machine.call('file_write', { path: 'script', content: 'new', mode: 'overwrite' })
    const after = await stat(at('script'))
    expect([after.mode, after.uid, after.gid]).toEqual([before.mode, before.uid, before.gid])
  })

  it('gives a new file what its folder allows, and nobody else the right to write', async () => {
    await mkdir(at('open'))
    await chmod(at('open'), 0o777)
    await machine.call('file_write', { path: 'open/new', content: 'x' })
    expect((await stat(at('open/new'))).mode & 0o777).toBe(0o644)
  })

  it('follows a link inside to the file it names, and leaves the link a link', async () => {
    await writeFile(at('target'), 'old')
    await symlink('target', at('link'))
    await machine.call('file_write', { path: 'link', content: 'new', mode: 'overwrite' })
    expect(await readFile(at('target'), 'utf8')).toBe('new')
    expect(await readlink(at('link'))).toBe('target')
  })

  it('refuses to write through a link that leads out, even to a file that does not exist', async () => {
    await symlink(join(machine.folder, 'escaped.txt'), at('link'))
    await expect(machine.call('file_write', { path: 'link', content: 'x', mode: 'overwrite' })).rejects.toMatchObject({
      code: 'path_outside_roots',
    })
    expect(await readdir(machine.folder)).not.toContain('escaped.txt')
  })

  it('never lets a reader see half of a file, and leaves no draft behind', async () => {
    await machine.call('file_write', { path: 'f', content: 'a'.repeat(100_000) })
    const writes = (async () => {
      for (const letter of ['b', 'c', 'd', 'e']) {
        await machine.call('file_write', { path: 'f', content: letter.repeat(100_000), mode: 'overwrite' })
      }
    })()
    let done = false
    const finished = writes.finally(() => {
      done = true
    })
    while (!done) {
      const text = await readFile(at('f'), 'utf8')
      expect(text).toBe((text[0] as string).repeat(100_000))
    }
    await finished
    expect(await readdir(machine.workspace)).toEqual(['f'])
  })

  it('refuses a file with several names, a setuid program, a folder and a FIFO', async () => {
    await writeFile(at('one'), 'x')
    await link(at('one'), at('two'))
    await writeFile(at('suid'), 'x')
    await chmod(at('suid'), 0o4755)
    await mkdir(at('folder'))
    const write = (path: string) => changes().write(path, Buffer.from('y'), 'overwrite', nothing, machine.signal)
    await expect(write('one')).rejects.toMatchObject({ code: 'conflict' })
    await expect(write('suid')).rejects.toMatchObject({ code: 'permission_denied' })
    await expect(write('folder')).rejects.toMatchObject({ code: 'not_a_file' })
    expect(machine.host.trash.list().items).toEqual([])
  })

  it('changes nothing when it is cancelled before it begins', async () => {
    const controller = new AbortController()
    controller.abort()
    await expect(changes().write('f', Buffer.from('x'), 'create', nothing, controller.signal)).rejects.toThrow()
    expect(await readdir(machine.workspace)).toEqual([])
  })

  it('does changes of one file one after the other', async () => {
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        machine.call('file_write', { path: 'log', content: `${index}\n`, mode: 'append' }),
      ),
    )
    const lines = (await readFile(at('log'), 'utf8')).trim().split('\n')
    expect(lines.map(Number).toSorted((left, right) => left - right)).toEqual(
      Array.from({ length: 20 }, (_, index) => index),
    )
  })
})

describe('a change that fails', () => {
  it('leaves neither a draft nor a copy in the trash while the file is still there', async () => {
    await writeFile(at('f'), 'mine')
    const fail = () => {
      throw new Error('the ledger is full')
    }
    await expect(changes().delete('f', fail, machine.signal)).rejects.toThrow('the ledger is full')
    await expect(changes().write('f', Buffer.from('x'), 'overwrite', fail, machine.signal)).rejects.toThrow()
    expect(await readdir(machine.workspace)).toEqual(['f'])
    expect(await readFile(at('f'), 'utf8')).toBe('mine')
    expect(machine.host.trash.list().items).toEqual([])
  })

  it('keeps the copy when the file changed meanwhile', async () => {
    await writeFile(at('f'), 'mine')
    const meddle = async () => {
      writeFileSync(at('f'), 'theirs')
    }
    await expect(changes().delete('f', meddle, machine.signal)).rejects.toMatchObject({ code: 'conflict' })
    expect(await readFile(at('f'), 'utf8')).toBe('theirs')
    expect(machine.host.trash.list().items).toHaveLength(1)
  })
})

describe('deleting', () => {
  it('moves a link itself, not what it points to, wherever it points', async () => {
    await symlink('/etc/passwd', at('link'))
    const before = await picture(machine.workspace)
    const { inverse } = await machine.call('file_delete', { path: 'link' })
    expect(await readdir(machine.workspace)).toEqual([])
    await machine.revert('file_delete', inverse)
    expect(await picture(machine.workspace)).toEqual(before)
  })

  it('refuses a folder and what does not exist', async () => {
    await mkdir(at('folder'))
    await expect(machine.call('file_delete', { path: 'folder' })).rejects.toMatchObject({ code: 'not_a_file' })
    await expect(machine.call('file_delete', { path: 'nothing' })).rejects.toMatchObject({ code: 'not_found' })
    await expect(machine.call('file_delete', { path: '.' })).rejects.toMatchObject({ code: 'not_a_file' })
  })
})

describe('undoing', () => {
  it('restores bytes, mode, owner and time', async () => {
    await writeFile(at('f'), Buffer.from([0, 255, 1, 254]))
    await chmod(at('f'), 0o640)
    await utimes(at('f'), 1_600_000_000.123456, 1_600_000_000.123456)
    const before = await picture(machine.workspace)
    const { inverse } = await machine.call('file_delete', { path: 'f' })
    await machine.revert('file_delete', inverse)
    expect(await picture(machine.workspace)).toEqual(before)
  })

  it('refuses when the file was changed since, and when it is gone', async () => {
    const { inverse } = await machine.call('file_write', { path: 'f', content: 'agent' })
    await writeFile(at('f'), 'owner')
    await expect(machine.revert('file_write', inverse)).rejects.toMatchObject({ code: 'world_moved_on' })
    expect(await readFile(at('f'), 'utf8')).toBe('owner')
    await rm(at('f'))
    await expect(machine.revert('file_write', inverse)).rejects.toMatchObject({ code: 'world_moved_on' })
    expect(machine.host.trash.list().items).toEqual([])
  })

  it('goes ahead when it is forced, and what it took away can come back', async () => {
    const { inverse } = await machine.call('file_write', { path: 'f', content: 'agent' })
    await writeFile(at('f'), 'owner')
    const back = await machine.revert('file_write', inverse, true)
    expect(await readdir(machine.workspace)).toEqual([])
    await machine.revert('file_write', back)
    expect(await readFile(at('f'), 'utf8')).toBe('owner')
  })

  it('can itself be undone', async () => {
    await writeFile(at('f'), 'one')
    const { inverse } = await machine.call('file_edit', { path: 'f', find: 'one', replace: 'two' })
    const back = await machine.revert('file_edit', inverse)
    expect(await readFile(at('f'), 'utf8')).toBe('one')
    await machine.revert('file_edit', back)
    expect(await readFile(at('f'), 'utf8')).toBe('two')
  })

  it('changes nothing when the earlier content is gone from the trash, or was tampered with there', async () => {
    await writeFile(at('f'), 'one')
    const { inverse } = await machine.call('file_write', { path: 'f', content: 'two', mode: 'overwrite' })
    const contents = join(machine.folder, 'state/trash/blobs')
    const [kept] = (await readdir(contents)) as [string]
    const bytes = await readFile(join(contents, kept))
    bytes[bytes.length - 20] = (bytes.at(-20) as number) ^ 1
    await writeFile(join(contents, kept), bytes)
    await expect(machine.revert('file_write', inverse)).rejects.toMatchObject({ code: 'trash_damaged' })
    await rm(join(contents, kept))
    await expect(machine.revert('file_write', inverse)).rejects.toMatchObject({ code: 'trash_unknown' })
    expect(await readFile(at('f'), 'utf8')).toBe('two')
    expect(await readdir(machine.workspace)).toEqual(['f'])
  })

  it('finds the earlier content even where the trash has hardly room for both', async () => {
    const limits = { quotaBytes: 10_000, maxAgeDays: 30 }
    const trash = await Trash.open(join(machine.folder, 'small'), Buffer.alloc(32), limits)
    const files = await Files.open([{ path: machine.workspace, access: 'write' }], trash, new Accounts())
    let inverse: Inverse | null = null
    const keep = async (kept: Inverse) => {
      inverse = kept
    }
    await writeFile(at('f'), 'a'.repeat(4900))
    await files.changes.write('f', Buffer.from('b'.repeat(4900)), 'overwrite', keep, machine.signal)
    const undo = (inverse as unknown as Inverse).data
    await files.changes.write('g', Buffer.from('c'.repeat(4900)), 'create', nothing, machine.signal)
    await files.changes.delete('g', nothing, machine.signal)
    await files.changes.revert(undo, reverting())
    expect(await readFile(at('f'), 'utf8')).toBe('a'.repeat(4900))
  })

  it('refuses data that is not its own', async () => {
    await expect(changes().revert({ path: 'f' }, reverting())).rejects.toThrow()
  })
})
