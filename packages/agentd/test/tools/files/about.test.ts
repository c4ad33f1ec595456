import { execFileSync } from 'node:child_process'
import { chmod, chown, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { requires } from '@castellan/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fileTools } from '../../../src/tools/files/index.ts'
import { type Machine, openMachine, toolByName } from '../../support/machine.ts'

let machine: Machine
beforeEach(async () => {
  machine = await openMachine()
})
afterEach(() => machine[Symbol.asyncDispose]())

const at = (name: string) => join(machine.workspace, name)
const look = (name: string, args: Record<string, unknown>) => {
  const tool = toolByName(name)
  return tool.preview?.(tool.input.parse(args), { host: machine.host, signal: machine.signal })
}
const resources = (name: string, args: Record<string, unknown>) => {
  const tool = toolByName(name)
  return tool.resources?.(tool.input.parse(args), machine.host)
}

describe('a preview', () => {
  it('of every change is there, and of every inverse tool what its undo would do', () => {
    for (const { name, effect, undo, preview, revertPreview, resources: about } of fileTools) {
      expect(about, name).toBeDefined()
      if (effect !== 'read') expect(preview, name).toBeDefined()
      if (undo === 'inverse') expect(revertPreview, name).toBeDefined()
    }
  })

  it('shows a unified diff of what would be written, appended or edited, and changes nothing', async () => {
    await writeFile(at('list'), 'milk\nbread\n')
    const overwrite = await look('file_write', { path: 'list', content: 'milk\ncheese\n', mode: 'overwrite' })
    expect(overwrite?.diff).toBe(`--- ${at('list')}\n+++ ${at('list')}\n@@ -1,2 +1,2 @@\n milk\n-bread\n+cheese\n`)
    expect((await look('file_write', { path: 'list', content: 'eggs\n', mode: 'append' }))?.diff).toContain('+eggs\n')
    expect((await look('file_edit', { path: 'list', find: 'milk', replace: 'oats' }))?.diff).toContain('-milk\n+oats\n')
    const created = await look('file_write', { path: 'new/list', content: 'x\n' })
    expect(created?.diff).toContain('--- /dev/null')
    expect(created?.effects).toContain(`Makes the folder ${at('new')}.`)
    expect(await readdir(machine.workspace)).toEqual(['list'])
    expect(machine.host.trash.list().items).toEqual([])
  })

  it('says in the last line where a diff is cut, and leaves it out for binary and huge files', async () => {
    await writeFile(at('long'), 'a line of some length that changes\n'.repeat(4000))
    const long = await look('file_write', { path: 'long', content: 'b\n'.repeat(4000), mode: 'overwrite' })
    expect(long?.diff?.length).toBeLessThanOrEqual(65_536)
    expect(long?.diff).toMatch(/… \d+ more lines of this diff are not shown$/)
    await writeFile(at('binary'), Buffer.from([0, 1, 2]))
    expect((await look('file_write', { path: 'binary', content: 'x', mode: 'overwrite' }))?.diff).toBeUndefined()
    await writeFile(at('huge'), Buffer.alloc(1_000_000, 'x\n'))
    expect((await look('file_write', { path: 'huge', content: 'x', mode: 'overwrite' }))?.diff).toBeUndefined()
  })

  it('gives up on a diff made to hurt, and shows it as one change', async () => {
    const lines = (seed: number) => Array.from({ length: 20_000 }, (_, line) => `${(line * seed) % 7919}\n`).join('')
    await writeFile(at('hurt'), lines(31))
    const { diff } = (await look('file_write', { path: 'hurt', content: lines(17), mode: 'overwrite' })) ?? {}
    expect(diff?.match(/^@@ .*$/gm)).toEqual(['@@ -1,20000 +1,20000 @@'])
  })

  it('refuses what the call would refuse', async () => {
    await writeFile(at('f'), 'x')
    await expect(look('file_write', { path: '/etc/x', content: '' })).rejects.toMatchObject({
      code: 'path_outside_roots',
    })
    await expect(look('file_edit', { path: 'f', find: 'y', replace: '' })).rejects.toMatchObject({
      code: 'text_not_found',
    })
    await expect(look('file_delete', { path: 'gone' })).rejects.toMatchObject({ code: 'not_found' })
    await expect(look('trash_restore', { path: 'f' })).rejects.toMatchObject({ code: 'trash_unknown' })
    expect((await look('file_write', { path: 'f', content: 'y' }))?.effects[0]).toContain('refuses')
  })

  it('of emptying the trash names what goes', async () => {
    await writeFile(at('f'), 'x')
    await machine.call('file_delete', { path: 'f' })
    expect((await look('trash_empty', {}))?.effects).toEqual([`Destroys what was kept of ${at('f')}.`])
    expect((await look('trash_empty', { olderThanDays: 1 }))?.effects[0]).toContain('Nothing')
    expect((await machine.call('trash_empty', {})).output).toMatchObject({ items: 1 })
    expect((await machine.call('trash_empty', {})).summary).toBe('There was nothing in the trash to destroy.')
  })
})

describe('what a call is about', () => {
  it('is the real path, whatever spelling or link leads there', async () => {
    await mkdir(at('d'))
    await writeFile(at('d/f'), 'x')
    await symlink('d', at('link'))
    for (const path of ['d/f', './d/../link/f', '~/link/f', at('link/f')]) {
      expect(await resources('file_read', { path })).toEqual([{ kind: 'path', id: at('d/f'), access: 'read' }])
    }
    expect(await resources('file_delete', { path: 'link' })).toEqual([
      { kind: 'path', id: at('link'), access: 'write', tree: true },
    ])
    expect(await resources('file_move', { from: 'link/f', to: 'new/g' })).toEqual([
      { kind: 'path', id: at('d/f'), access: 'write', tree: true },
      { kind: 'path', id: at('new/g'), access: 'write' },
    ])
  })

  it('is what the text says where it leads nowhere that may be used', async () => {
    expect(await resources('file_read', { path: '/etc/../root/x' })).toEqual([
      { kind: 'path', id: '/root/x', access: 'read' },
    ])
    expect(await resources('file_write', { path: '../x', content: '' })).toEqual([
      { kind: 'path', id: join(machine.folder, 'x'), access: 'write' },
    ])
  })
})

describe('what a result brings along', () => {
  it('is nothing for the owner’s own files', async () => {
    await writeFile(at('mine'), 'x')
    expect((await machine.call('file_read', { path: 'mine' })).taints).toEqual([])
    expect((await machine.call('directory_list', {})).taints).toEqual([])
  })

  it('is untrusted text where everybody may write', async () => {
    await writeFile(at('open'), 'x')
    await chmod(at('open'), 0o666)
    expect((await machine.call('file_read', { path: 'open' })).taints).toEqual(['untrusted-text'])
    expect((await machine.call('file_search', { contains: 'x' })).taints).toEqual(['untrusted-text'])
  })

  requires.root().test('is untrusted text of a file of somebody else’s', async () => {
    await writeFile(at('theirs'), 'x')
    await chown(at('theirs'), 65_534, 65_534)
    for (const [name, args] of [
      ['file_read', { path: 'theirs' }],
      ['directory_list', {}],
      ['file_search', { name: '*' }],
      ['directory_usage', {}],
    ] as const) {
      expect((await machine.call(name, args)).taints, name).toEqual(['untrusted-text'])
    }
    await machine.call('file_delete', { path: 'theirs' })
    expect((await machine.call('trash_list', {})).taints).toEqual(['untrusted-text'])
  })

  it('is a secret where a file is one by its name or holds a private key', async () => {
    await writeFile(at('.env'), 'x')
    await writeFile(at('notes'), 'so:\n-----BEGIN OPENSSH PRIVATE KEY-----\n')
    await writeFile(at('public'), '-----BEGIN PUBLIC KEY-----\n')
    expect((await machine.call('file_read', { path: '.env' })).taints).toEqual(['secret'])
    expect((await machine.call('file_read', { path: 'notes' })).taints).toEqual(['secret'])
    expect((await machine.call('file_read', { path: 'public' })).taints).toEqual([])
  })
})

describe('what is no file', () => {
  it('hangs no tool: FIFOs, sockets, devices', async () => {
    execFileSync('mkfifo', [at('fifo')])
    await symlink('/dev/zero', at('zero'))
    await symlink('/proc/self/fd/0', at('stdin'))
    for (const [name, args, code] of [
      ['file_read', { path: 'fifo' }, 'not_a_file'],
      ['file_checksum', { path: 'fifo' }, 'not_a_file'],
      ['file_write', { path: 'fifo', content: 'x', mode: 'overwrite' }, 'not_a_file'],
      ['file_edit', { path: 'fifo', find: 'x', replace: 'y' }, 'not_a_file'],
      ['file_delete', { path: 'fifo' }, 'not_a_file'],
      ['file_move', { from: 'fifo', to: 'moved' }, 'not_a_file'],
      ['file_checksum', { path: 'zero' }, 'path_outside_roots'],
      ['file_checksum', { path: 'stdin' }, 'path_outside_roots'],
    ] as const) {
      await expect(machine.call(name, args), name).rejects.toMatchObject({ code })
    }
    expect((await machine.call('file_search', { contains: 'x' })).output).toMatchObject({ matches: [] })
    expect((await machine.call('directory_usage', {})).output).toMatchObject({ files: 3 })
    expect(await readFile('/dev/null', 'utf8')).toBe('')
  })
})
