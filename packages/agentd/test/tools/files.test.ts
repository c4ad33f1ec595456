import { execFileSync } from 'node:child_process'
import { mkdir, readFile, rmdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { requires, temporaryFolder } from '@castellan/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { wholeCharacters } from '../../src/tools/files/file_read.ts'
import { type Machine, openMachine } from '../support/machine.ts'

let machine: Machine
beforeEach(async () => {
  machine = await openMachine()
})
afterEach(() => machine[Symbol.asyncDispose]())

const at = (name: string) => join(machine.workspace, name)
const refusal = (name: string, args: Record<string, unknown>) =>
  machine.call(name, args).then(
    () => 'accepted',
    (error: { code?: string; name: string }) => error.code ?? error.name,
  )

describe('file_read', () => {
  it('reads a text file whole', async () => {
    await writeFile(at('notes.txt'), 'one\ntwo\n')
    const { output, summary } = await machine.call('file_read', { path: 'notes.txt' })
    expect(output).toEqual({
      path: at('notes.txt'),
      content: 'one\ntwo\n',
      offset: 0,
      contentBytes: 8,
      sizeBytes: 8,
      lines: 2,
      untrusted: false,
      truncated: false,
      nextOffset: null,
    })
    expect(summary).toBe(`${at('notes.txt')} has 2 lines (8 B).`)
  })

  it('goes through a large file slice by slice, never cutting a character', async () => {
    const text = 'aä€😀\n'.repeat(5000)
    await writeFile(at('large'), text)
    let read = ''
    let offset: number | null = 0
    while (offset !== null) {
      const { output } = await machine.call('file_read', { path: 'large', offset, limit: 7001 })
      read += output.content as string
      offset = output.nextOffset as number | null
    }
    expect(read).toBe(text)
  })

  it('reads the end with a negative offset', async () => {
    await writeFile(at('log'), 'first\nlast\n')
    expect((await machine.call('file_read', { path: 'log', offset: -5 })).output).toMatchObject({
      content: 'last\n',
      offset: 6,
    })
    expect((await machine.call('file_read', { path: 'log', offset: -500 })).output).toMatchObject({
      offset: 0,
      truncated: false,
    })
  })

  it('answers an empty file, and an offset after the end, with nothing', async () => {
    await writeFile(at('empty'), '')
    const { output, summary } = await machine.call('file_read', { path: 'empty' })
    expect(output).toMatchObject({ content: '', lines: 0, truncated: false })
    expect(summary).toBe(`${at('empty')} is empty.`)
    await writeFile(at('short'), 'abc')
    expect((await machine.call('file_read', { path: 'short', offset: 10 })).output).toMatchObject({
      content: '',
      nextOffset: null,
    })
  })

  it('stays under its output cap when every character needs escaping', async () => {
    await writeFile(at('controls'), '\u0001'.repeat(190_000))
    const { output } = await machine.call('file_read', { path: 'controls', limit: 190_000 })
    expect(Buffer.byteLength(JSON.stringify(output))).toBeLessThan(256 * 1024)
    expect(output.truncated).toBe(true)
    expect(output.nextOffset).toBe(output.contentBytes)
  })

  it('refuses what is not text, a missing file, a folder and bad arguments', async () => {
    await writeFile(at('binary'), Buffer.from([0xff, 0xfe, 0x00, 0x80]))
    expect(await refusal('file_read', { path: 'binary' })).toBe('not_utf8')
    expect(await refusal('file_read', { path: 'missing' })).toBe('not_found')
    expect(await refusal('file_read', { path: '.' })).toBe('not_a_file')
    expect(await refusal('file_read', { path: '' })).toBe('ZodError')
    expect(await refusal('file_read', { path: 'x', limit: 0 })).toBe('ZodError')
    expect(await refusal('file_read', { path: 'x', lines: 3 })).toBe('ZodError')
    expect(await refusal('file_read', {})).toBe('ZodError')
  })

  it('finds the whole characters of any slice', () => {
    const bytes = Buffer.from('ä€😀')
    for (let start = 0; start <= bytes.length; start++) {
      for (let end = start; end <= bytes.length; end++) {
        const { bytes: whole } = wholeCharacters(bytes.subarray(start, end), start, end === bytes.length)
        expect(() => new TextDecoder('utf-8', { fatal: true }).decode(whole)).not.toThrow()
      }
    }
  })
})

describe('directory_list', () => {
  it('shows the workspace where no path is given', async () => {
    await writeFile(at('b.txt'), 'hello')
    await mkdir(at('a'))
    await symlink('b.txt', at('c'))
    const { output, summary } = await machine.call('directory_list')
    expect((output.entries as { name: string; kind: string }[]).map(({ name, kind }) => [name, kind])).toEqual([
      ['a', 'directory'],
      ['b.txt', 'file'],
      ['c', 'symlink'],
    ])
    expect(summary).toBe(`${machine.workspace} has 3 entries: a/, b.txt (5 B) and c (symlink).`)
  })

  it('goes through a large folder page by page', async () => {
    for (let index = 0; index < 25; index++) await writeFile(at(`f${String(index).padStart(2, '0')}`), '')
    const first = (await machine.call('directory_list', { limit: 10 })).output
    expect(first).toMatchObject({ totalEntries: 25, truncated: true, nextOffset: 10 })
    const last = (await machine.call('directory_list', { limit: 10, offset: 20 })).output
    expect(last).toMatchObject({ truncated: false, nextOffset: null })
    expect(last.entries).toHaveLength(5)
  })

  it('stays under its output cap with the longest names, and says where to go on', async () => {
    for (let index = 0; index < 400; index++)
      await writeFile(at(`${String(index).padStart(3, '0')}${'n'.repeat(240)}`), '')
    const { output } = await machine.call('directory_list', { limit: 1000 })
    expect(Buffer.byteLength(JSON.stringify(output))).toBeLessThan(64 * 1024)
    expect(output.truncated).toBe(true)
    expect(output.nextOffset).toBe((output.entries as unknown[]).length)
  })

  it('shows names that are not UTF-8 as well as it can', async () => {
    await writeFile(Buffer.concat([Buffer.from(`${machine.workspace}/`), Buffer.from([0x66, 0xff])]), '')
    expect((await machine.call('directory_list')).output.entries).toMatchObject([{ name: 'f\ufffd' }])
  })

  it('says when a folder is empty, and refuses a file and a missing folder', async () => {
    expect((await machine.call('directory_list')).summary).toBe(`${machine.workspace} is empty.`)
    await writeFile(at('f'), '')
    expect(await refusal('directory_list', { path: 'f' })).toBe('not_a_directory')
    expect(await refusal('directory_list', { path: 'missing' })).toBe('not_found')
  })
})

describe('file_stat', () => {
  it('tells kind, size, owner, mode and time', async () => {
    await writeFile(at('f'), 'hello', { mode: 0o640 })
    const { output, summary } = await machine.call('file_stat', { path: 'f' })
    expect(output).toMatchObject({ path: at('f'), kind: 'file', sizeBytes: 5, mode: '0640', links: 1 })
    expect(summary).toMatch(/is a file of 5 B, owned by \S+:\S+ with mode 0640, last changed \d{4}-/)
  })

  it('follows links, and refuses what does not exist', async () => {
    await mkdir(at('d'))
    await symlink('d', at('l'))
    expect((await machine.call('file_stat', { path: 'l' })).output).toMatchObject({ path: at('d'), kind: 'directory' })
    expect(await refusal('file_stat', { path: 'missing' })).toBe('not_found')
  })
})

describe('file_write', () => {
  it('creates, overwrites and appends, and says which', async () => {
    expect((await machine.call('file_write', { path: 'f', content: 'one\n' })).summary).toBe(
      `Created ${at('f')} with 4 B.`,
    )
    expect((await machine.call('file_write', { path: 'f', content: 'two\n', mode: 'append' })).summary).toBe(
      `Added 4 B to ${at('f')}, which has 8 B now.`,
    )
    expect(await readFile(at('f'), 'utf8')).toBe('one\ntwo\n')
    const { output } = await machine.call('file_write', { path: 'f', content: 'x', mode: 'overwrite' })
    expect(output).toEqual({ path: at('f'), sizeBytes: 1, writtenBytes: 1, created: false })
  })

  it('refuses to touch an existing file unless told how, and says how', async () => {
    await writeFile(at('f'), 'mine')
    await expect(machine.call('file_write', { path: 'f', content: 'x' })).rejects.toMatchObject({
      code: 'already_exists',
      message: expect.stringMatching(/overwrite.*append/),
    })
    expect(await readFile(at('f'), 'utf8')).toBe('mine')
  })

  it('writes exactly what it is given, and refuses text that UTF-8 cannot hold', async () => {
    const content = '\ufeffé\r\n\u0000 end'
    await machine.call('file_write', { path: 'f', content })
    expect(await readFile(at('f'), 'utf8')).toBe(content)
    expect(await refusal('file_write', { path: 'g', content: '\ud800' })).toBe('ZodError')
    expect(await refusal('file_write', { path: 'g', content: 'x', mode: 'replace' })).toBe('ZodError')
  })
})

describe('file_edit', () => {
  it('replaces the one occurrence', async () => {
    await writeFile(at('f'), 'a $1 b')
    const { output, summary } = await machine.call('file_edit', { path: 'f', find: '$1', replace: '$& $$' })
    expect(await readFile(at('f'), 'utf8')).toBe('a $& $$ b')
    expect(output).toMatchObject({ replacements: 1 })
    expect(summary).toContain('Replaced 1 occurrence')
  })

  it('replaces every occurrence when told so, and refuses to choose otherwise', async () => {
    await writeFile(at('f'), 'x x x')
    expect(await refusal('file_edit', { path: 'f', find: 'x', replace: 'y' })).toBe('text_ambiguous')
    expect(
      (await machine.call('file_edit', { path: 'f', find: 'x', replace: 'y', all: true })).output.replacements,
    ).toBe(3)
    expect(await readFile(at('f'), 'utf8')).toBe('y y y')
  })

  it('keeps a byte order mark and foreign line ends', async () => {
    await writeFile(at('f'), '\ufeffa\r\nb\r\n')
    await machine.call('file_edit', { path: 'f', find: 'b', replace: 'c' })
    expect(await readFile(at('f'), 'utf8')).toBe('\ufeffa\r\nc\r\n')
  })

  it('refuses text that is not there, binary files, and an empty search', async () => {
    await writeFile(at('f'), 'abc')
    expect(await refusal('file_edit', { path: 'f', find: 'z', replace: '' })).toBe('text_not_found')
    await writeFile(at('b'), Buffer.from([0xff]))
    expect(await refusal('file_edit', { path: 'b', find: 'z', replace: '' })).toBe('not_utf8')
    expect(await refusal('file_edit', { path: 'f', find: '', replace: 'x' })).toBe('ZodError')
    expect(await refusal('file_edit', { path: 'missing', find: 'x', replace: 'y' })).toBe('not_found')
  })
})

describe('the trash tools', () => {
  it('list what was deleted and bring it back, by id and by path', async () => {
    await writeFile(at('a'), 'aaa')
    await writeFile(at('b'), 'b')
    const { output } = await machine.call('file_delete', { path: 'a' })
    await machine.call('file_delete', { path: 'b' })
    const listing = await machine.call('trash_list')
    expect(listing.output).toMatchObject({ deleted: 2, replaced: 0, truncated: false, maxAgeDays: 30 })
    expect(listing.summary).toMatch(
      /^The trash keeps 2 deleted files \(\S+ B of 268 MB\), each for at most 30 days\. The newest: .*\/b, deleted /,
    )
    expect((await machine.call('trash_list', { limit: 1 })).output).toMatchObject({
      items: [{ path: at('b') }],
      truncated: true,
    })
    const rest = await machine.call('trash_list', { limit: 1, offset: 1 })
    expect(rest.output).toMatchObject({ items: [{ path: at('a') }], deleted: 2, truncated: false })
    expect(rest.summary).toMatch(/ The newest shown: .*\/a, deleted /)
    expect((await machine.call('trash_restore', { id: output.trashId })).summary).toBe(
      `${at('a')} is back from the trash (3 B).`,
    )
    await machine.call('trash_restore', { path: 'b' })
    expect(await readFile(at('a'), 'utf8')).toBe('aaa')
    expect((await machine.call('trash_list')).summary).toBe('The trash is empty.')
  })

  it('bring back the file that was deleted last at a path, into folders that are gone', async () => {
    await machine.call('file_write', { path: 'd/f', content: 'old' })
    await machine.call('file_delete', { path: 'd/f' })
    await machine.call('file_write', { path: 'd/f', content: 'new' })
    await machine.call('file_delete', { path: 'd/f' })
    await rmdir(at('d'))
    await machine.call('trash_restore', { path: 'd/f' })
    expect(await readFile(at('d/f'), 'utf8')).toBe('new')
  })

  it('refuse to replace a file that is there, and what the trash does not hold', async () => {
    await machine.call('file_write', { path: 'f', content: 'old' })
    const { output } = await machine.call('file_delete', { path: 'f' })
    await machine.call('file_write', { path: 'f', content: 'new' })
    expect(await refusal('trash_restore', { id: output.trashId })).toBe('already_exists')
    expect(await refusal('trash_restore', { path: 'never' })).toBe('trash_unknown')
    expect(await refusal('trash_restore', { id: 'trs_000000000' })).toBe('trash_unknown')
    expect(await refusal('trash_restore', { id: 'notes' })).toBe('ZodError')
    expect(await refusal('trash_restore', {})).toBe('invalid_arguments')
    expect(await refusal('trash_restore', { id: output.trashId, path: 'f' })).toBe('invalid_arguments')
  })
})

describe('a full disk', () => {
  const tiny = requires.root().and(requires.command('unshare', 'util-linux'))

  tiny.test('is said to be full, and what was there stays as it was', async () => {
    const script = fileURLToPath(new URL('../support/call-tools.ts', import.meta.url))
    const large = { content: 'x'.repeat(250_000) }
    const calls = [
      { name: 'file_write', args: { path: 'f', content: 'mine' } },
      ...[1, 2, 3, 4, 5].map((number) => ({ name: 'file_write', args: { path: `large-${number}`, ...large } })),
      { name: 'file_write', args: { path: 'f', ...large, mode: 'overwrite' } },
      { name: 'file_read', args: { path: 'f' } },
      { name: 'directory_list' },
    ]
    // A file system of 1 MiB that only the child sees, and that goes with it.
    const mount = 'mount -t tmpfs -o size=1m tmpfs "$TMPDIR" && exec "$@"'
    const argv = ['-m', '--propagation', 'private', 'sh', '-c', mount, 'sh']
    const stdout = execFileSync('unshare', [...argv, process.execPath, '--conditions=source', script, '-'], {
      env: { ...process.env, TMPDIR: temporaryFolder() },
      input: JSON.stringify(calls),
      encoding: 'utf8',
    })
    const [full, read, listing] = JSON.parse(stdout).slice(-3)
    expect(full.error).toMatchObject({ code: 'disk_full', message: expect.stringContaining('is full') })
    expect(read.output.content).toBe('mine')
    const entries = listing.output.entries as { name: string; sizeBytes: number }[]
    expect(entries.filter(({ sizeBytes }) => sizeBytes !== 250_000).map(({ name }) => name)).toEqual(['f'])
    expect(entries.length).toBeLessThan(6)
  })
})
