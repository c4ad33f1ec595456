import { execFileSync } from 'node:child_process'
import { chmod, chown, link, mkdir, rename, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { requires } from '@castellan/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Machine, openMachine } from '../../support/machine.ts'

let machine: Machine

beforeAll(async () => {
  machine = await openMachine({
    grants: (folder) => [
      { path: join(folder, 'app'), access: 'write' },
      { path: join(folder, 'logs'), access: 'read' },
      { path: join(folder, 'app/private'), access: 'none' },
    ],
  })
  const { folder, workspace } = machine
  for (const name of ['app', 'app/private', 'app-evil', 'logs', 'outside']) await mkdir(join(folder, name))
  await writeFile(join(folder, 'outside/secret.txt'), 'secret')
  await writeFile(join(folder, 'app-evil/secret.txt'), 'secret')
  await writeFile(join(folder, 'app/private/secret.txt'), 'secret')
  await writeFile(join(folder, 'app/plain.txt'), 'plain')
  await writeFile(join(folder, 'logs/today.log'), 'log')
  await writeFile(join(workspace, 'notes.txt'), 'notes')
  await mkdir(join(workspace, 'deep/er'), { recursive: true })
})
afterAll(() => machine[Symbol.asyncDispose]())

const read = async (path: string) => {
  try {
    const slice = await machine.host.files.read(path, { offset: 0, limit: 1000 }, machine.signal)
    return Buffer.from(slice.bytes).toString()
  } catch (error) {
    return (error as { code: string }).code
  }
}

describe('paths inside the grants', () => {
  it('are read by relative name, absolute name and ~', async () => {
    expect(await read('notes.txt')).toBe('notes')
    expect(await read('~/notes.txt')).toBe('notes')
    expect(await read(join(machine.folder, 'app/plain.txt'))).toBe('plain')
  })

  it('may climb as long as they stay inside', async () => {
    expect(await read('deep/er/../../notes.txt')).toBe('notes')
  })

  it('may climb out of one grant into another', async () => {
    expect(await read('../app/plain.txt')).toBe('plain')
  })

  it('may follow links that stay inside, relative or absolute, through several hops', async () => {
    await symlink('notes.txt', join(machine.workspace, 'one'))
    await symlink('deep/../one', join(machine.workspace, 'two'))
    await symlink(join(machine.folder, 'app'), join(machine.workspace, 'app-link'))
    expect(await read('two')).toBe('notes')
    expect(await read('app-link/plain.txt')).toBe('plain')
  })
})

describe('paths that lead out', () => {
  it.each([
    '../outside/secret.txt',
    'deep/../../outside/secret.txt',
    'missing/../../outside/secret.txt',
    '/etc/passwd',
    '/',
    '../../../../../../../../etc/passwd',
    '/proc/self/environ',
    '/proc/self/root/etc/passwd',
    '/dev/stdin',
    '/dev/fd/0',
  ])('%s is refused', async (path) => {
    expect(['path_outside_roots', 'not_found']).toContain(await read(path))
    expect(await read(path)).not.toContain('secret')
  })

  it('a sibling that only begins with the name of a grant is outside', async () => {
    expect(await read(join(machine.folder, 'app-evil/secret.txt'))).toBe('path_outside_roots')
    expect(await read('../app-evil/secret.txt')).toBe('path_outside_roots')
  })

  it('a folder taken out of a larger grant is outside, also through a link', async () => {
    expect(await read(join(machine.folder, 'app/private/secret.txt'))).toBe('path_outside_roots')
    await symlink('private/secret.txt', join(machine.folder, 'app/shortcut'))
    expect(await read(join(machine.folder, 'app/shortcut'))).toBe('path_outside_roots')
  })

  it.each([
    ['a file', '../outside/secret.txt', 'file-link'],
    ['a folder', '../outside', 'folder-link/secret.txt'],
    ['the root', '/', 'root-link/etc/passwd'],
    ['a magic link', '/proc/self/root', 'magic-link/etc/passwd'],
    ['a process folder', '/proc/self/cwd', 'cwd-link/package.json'],
  ])('a link to %s outside is refused', async (_, target, path) => {
    const name = path.split('/')[0] as string
    await symlink(target, join(machine.workspace, name))
    expect(await read(path)).toBe('path_outside_roots')
  })

  it('links in a circle end', async () => {
    await symlink('circle-b', join(machine.workspace, 'circle-a'))
    await symlink('circle-a', join(machine.workspace, 'circle-b'))
    expect(await read('circle-a')).toBe('path_invalid')
  })

  it('a granted folder that was turned into a link is not followed', async () => {
    const moving = await openMachine()
    await using _ = moving
    await mkdir(join(moving.folder, 'elsewhere'))
    await writeFile(join(moving.folder, 'elsewhere/secret.txt'), 'secret')
    await rename(moving.workspace, `${moving.workspace}-old`)
    await symlink('elsewhere', moving.workspace)
    await expect(moving.host.files.read('secret.txt', { offset: 0, limit: 10 }, moving.signal)).rejects.toMatchObject({
      code: expect.stringMatching(/path_outside_roots|not_a_directory/),
    })
  })

  it('kernel file systems are refused even inside a grant', async () => {
    await using wide = await openMachine({ grants: () => [{ path: '/', access: 'read' }] })
    for (const path of [
      '/proc/self/environ',
      '/proc/1/root/etc/passwd',
      '/proc/kmsg',
      '/sys/kernel/notes',
      '/dev/fd/0',
    ]) {
      const result = await wide.host.files.read(path, { offset: 0, limit: 10 }, wide.signal).then(
        () => 'read',
        (error: { code: string }) => error.code,
      )
      expect([path, result]).toEqual([path, expect.stringMatching(/path_outside_roots|not_found|permission_denied/)])
    }
    expect((await wide.host.files.stat('/etc/passwd', wide.signal)).kind).toBe('file')
  })
})

describe('a grant for reading only', () => {
  it('reads but does not write', async () => {
    const log = join(machine.folder, 'logs/today.log')
    expect(await read(log)).toBe('log')
    const { changes } = machine.host.files
    await expect(
      changes.write(log, Buffer.from('x'), 'overwrite', async () => {}, machine.signal),
    ).rejects.toMatchObject({
      code: 'read_only',
    })
    await expect(changes.delete(log, async () => {}, machine.signal)).rejects.toMatchObject({ code: 'read_only' })
  })
})

describe('things that are not files', () => {
  it('a FIFO is refused at once, nobody on the other end', async () => {
    execFileSync('mkfifo', [join(machine.workspace, 'fifo')])
    expect(await read('fifo')).toBe('not_a_file')
  })

  it('a socket is refused', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(join(machine.workspace, 'sock'), resolve))
    expect(await read('sock')).toBe('not_a_file')
    await new Promise((resolve) => server.close(resolve))
  })

  it('a device is refused', async () => {
    await using wide = await openMachine({ grants: () => [{ path: '/dev', access: 'write' }] })
    for (const device of ['/dev/zero', '/dev/null']) {
      await expect(wide.host.files.read(device, { offset: 0, limit: 10 }, wide.signal)).rejects.toMatchObject({
        code: 'not_a_file',
      })
      await expect(
        wide.host.files.changes.write(device, Buffer.from('x'), 'overwrite', async () => {}, wide.signal),
      ).rejects.toMatchObject({ code: 'not_a_file' })
    }
  })

  it('a folder is not read as a file, nor a file listed as a folder', async () => {
    expect(await read('deep')).toBe('not_a_file')
    expect(await read('notes.txt/more')).toBe('not_a_directory')
    await expect(machine.host.files.list('notes.txt', { offset: 0, limit: 10 }, machine.signal)).rejects.toMatchObject({
      code: 'not_a_directory',
    })
  })
})

describe('hard links', () => {
  it('are read where only their owner can have made them', async () => {
    await writeFile(join(machine.workspace, 'first'), 'mine')
    await link(join(machine.workspace, 'first'), join(machine.workspace, 'second'))
    expect(await read('second')).toBe('mine')
  })

  it('are refused in a folder where others may write', async () => {
    const open = join(machine.workspace, 'open')
    await mkdir(open)
    await chmod(open, 0o777)
    await link(join(machine.folder, 'outside/secret.txt'), join(open, 'looted'))
    expect(await read('open/looted')).toBe('path_outside_roots')
  })

  requires.root().test("are refused where the file is not the folder owner's", async () => {
    const theirs = join(machine.workspace, 'theirs')
    await mkdir(theirs)
    await link(join(machine.folder, 'outside/secret.txt'), join(theirs, 'looted'))
    await chown(theirs, 65_534, 65_534)
    expect(await read('theirs/looted')).toBe('path_outside_roots')
  })
})

describe('a link swapped during reads', () => {
  it('never yields one byte from outside in 10,000 reads', async () => {
    await using race = await openMachine()
    await mkdir(join(race.folder, 'outside'))
    await writeFile(join(race.folder, 'outside/file'), 'outside')
    await mkdir(join(race.workspace, 'real'))
    await writeFile(join(race.workspace, 'real/file'), 'inside')
    const turns = new Int32Array(new SharedArrayBuffer(8))
    const swapper = new Worker(new URL('../../support/swap-links.ts', import.meta.url), {
      workerData: { workspace: race.workspace, outside: join(race.folder, 'outside'), turns },
    })
    const ended = new Promise((resolve) => swapper.once('exit', resolve))
    const seen = new Map<string, number>()
    try {
      await new Promise<void>((resolve, reject) => {
        swapper.once('message', () => resolve())
        swapper.once('error', reject)
      })
      const swaps = () => Atomics.load(turns, 0)
      const enough = () => swaps() > 1000 && seen.has('inside') && seen.has('path_outside_roots')
      // On a busy machine the swapper may get few turns meanwhile; the reads go on until it had them.
      for (let round = 0; round < 10_000 || (!enough() && round < 400_000); round++) {
        const path = round % 2 === 0 ? 'link/file' : 'file-link'
        const result = await race.host.files.read(path, { offset: 0, limit: 100 }, race.signal).then(
          ({ bytes }) => Buffer.from(bytes).toString(),
          (error: { code?: string }) => error.code ?? 'unknown',
        )
        seen.set(result, (seen.get(result) ?? 0) + 1)
      }
    } finally {
      Atomics.store(turns, 1, 1)
      await ended
    }
    expect([...seen.keys()]).toEqual(expect.arrayContaining(['inside', 'path_outside_roots']))
    expect(seen.get('outside')).toBeUndefined()
    expect(
      [...seen.keys()].filter((result) => !/^(inside|path_outside_roots|not_found|conflict)$/.test(result)),
    ).toEqual([])
    expect(Atomics.load(turns, 0)).toBeGreaterThan(1000)
  })
})
