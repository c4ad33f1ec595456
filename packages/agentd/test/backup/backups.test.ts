import { execFileSync } from 'node:child_process'
import { mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BackupId } from '@castellan/contracts'
import { requires } from '@castellan/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Desk, furnish, openDesk, picture } from '../support/backups.ts'

let desk: Desk
beforeEach(async () => {
  desk = await openDesk()
})
afterEach(() => desk[Symbol.asyncDispose]())

const quiet = () => undefined
const restore = (id: BackupId, target: { to: string } | { inPlace: true }, only?: string[]) =>
  desk.backups.restore(desk.files, id, target, only, quiet, desk.signal)

async function backedUp(): Promise<BackupId> {
  await furnish(desk.workspace)
  return (await desk.create()).manifest.id
}

describe('a backup', () => {
  it('comes back the same in a new folder: names, bytes, modes, owners, times, links and holes', async () => {
    const id = await backedUp()
    const before = await picture(desk.workspace)
    desk.unlock(id, 'restore')
    const restored = await restore(id, { to: 'back/here' })
    expect(restored.path).toBe(desk.at('back/here'))
    const copy = join(desk.at('back/here'), desk.workspace)
    expect(await picture(copy)).toEqual(before)
    expect((await stat(join(copy, 'sparse'))).blocks * 512).toBeLessThan(1_000_000)
  })

  it('says what it holds, and lists nothing before it is whole', async () => {
    await furnish(desk.workspace)
    const made = desk.create()
    expect(await desk.backups.list()).toEqual([])
    const { manifest, left } = await made
    expect(left).toEqual([])
    expect(manifest).toMatchObject({ roots: [desk.workspace], databases: 0, checked: 'restored' })
    expect((await desk.backups.list()).map(({ id }) => id)).toEqual([manifest.id])
    expect((await readdir(join(desk.folder, 'backups'))).filter((name) => name.startsWith('.'))).toEqual([])
  })

  it('shows nothing of what is in it', async () => {
    await writeFile(desk.at('customers.txt'), 'Ada Lovelace')
    await desk.create()
    for (const name of await readdir(join(desk.folder, 'backups'))) {
      const bytes = await readFile(join(desk.folder, 'backups', name), 'latin1')
      expect(bytes).not.toMatch(/Lovelace|customers/)
      expect((await stat(join(desk.folder, 'backups', name))).mode & 0o777).toBe(0o600)
    }
  })

  it('leaves out what is no file, and says so', async () => {
    execFileSync('mkfifo', [desk.at('fifo')])
    await writeFile(desk.at('f'), 'x')
    const { left, manifest } = await desk.create()
    expect(left).toEqual([{ path: desk.at('fifo'), why: 'neither a file, a folder nor a link' }])
    expect(manifest.left).toBe(1)
  })

  it('never follows a link out, and refuses what is not granted or not there', async () => {
    await writeFile(join(desk.folder, 'secret'), 'secret')
    await symlink(desk.folder, desk.at('out'))
    const { manifest } = await desk.create()
    expect(manifest.entries).toBe(2)
    await expect(desk.create(['out/secret'])).rejects.toMatchObject({ code: 'path_outside_roots' })
    await expect(desk.create(['/etc'])).rejects.toMatchObject({ code: 'path_outside_roots' })
    await expect(desk.create(['gone'])).rejects.toMatchObject({ code: 'not_found' })
  })

  it('takes what lies in another path once', async () => {
    await furnish(desk.workspace)
    const { manifest } = await desk.create(['d', '.', 'd/c.txt'])
    expect(manifest.roots).toEqual([desk.workspace])
  })

  it('needs a key first', async () => {
    await rm(join(desk.folder, 'recipient.json'))
    await expect(desk.create()).rejects.toMatchObject({ code: 'backup_key_missing' })
  })

  it('stopped in the middle leaves nothing behind', async () => {
    await writeFile(desk.at('large'), Buffer.alloc(20_000_000, 1))
    for (const at of [1, 3_000_000, 19_999_999, 25_000_000]) {
      const controller = new AbortController()
      let done = 0
      const stopping = desk.backups.create(
        { ...desk.files, walker: desk.files.walker, grants: desk.files.grants } as never,
        { set: 'main', paths: ['.'], check: 'restored' },
        (_message, bytes) => {
          done = bytes
          if (done >= at || at === 1) controller.abort(new Error('stopped'))
        },
        controller.signal,
      )
      await stopping.catch((error: Error) => expect(error.message).toBe('stopped'))
      controller.abort(new Error('stopped'))
      const names = await readdir(join(desk.folder, 'backups'))
      expect(names.filter((name) => name.startsWith('.'))).toEqual([])
    }
  })

  it('clears away at the start what a crash left half done', async () => {
    await mkdir(join(desk.folder, 'backups/.work-dead'), { recursive: true })
    await writeFile(join(desk.folder, 'backups/.work-dead/container'), 'half')
    await using again = await openDesk({ folder: join(desk.folder, 'backups') })
    expect(await readdir(join(desk.folder, 'backups'))).toEqual([])
    expect(await again.backups.list()).toEqual([])
  })
})

describe('verifying', () => {
  it('without the recovery key says that the bytes are those that were written, and finds any change', async () => {
    const id = await backedUp()
    expect(await desk.backups.verify(id, quiet, desk.signal)).toMatchObject({ level: 'bytes', known: true })
    const file = join(desk.folder, 'backups', `${id}.backup`)
    const bytes = await readFile(file)
    for (const at of [0, 9, 130, Math.floor(bytes.length / 2), bytes.length - 1]) {
      const changed = Buffer.from(bytes)
      changed[at] = (changed[at] as number) ^ 1
      await writeFile(file, changed)
      await expect(desk.backups.verify(id, quiet, desk.signal)).rejects.toMatchObject({ code: 'backup_damaged' })
    }
    for (const part of [bytes.subarray(0, -1), Buffer.concat([bytes, Buffer.alloc(1)]), bytes.subarray(0, 50)]) {
      await writeFile(file, part)
      await expect(desk.backups.verify(id, quiet, desk.signal)).rejects.toMatchObject({ code: 'backup_damaged' })
    }
  })

  it('with it restores to a scratch folder and compares, and leaves nothing there', async () => {
    const id = await backedUp()
    desk.unlock(id, 'verify')
    expect(await desk.backups.verify(id, quiet, desk.signal)).toMatchObject({ level: 'contents', files: 7 })
    expect((await readdir(join(desk.folder, 'backups'))).sort()).toEqual([`${id}.backup`, `${id}.manifest`])
    // The key was for one use.
    expect(await desk.backups.verify(id, quiet, desk.signal)).toMatchObject({ level: 'bytes' })
  })

  it('knows of a backup of another machine only its form', async () => {
    const id = await backedUp()
    await rm(join(desk.folder, 'backups', `${id}.manifest`))
    expect(await desk.backups.verify(id, quiet, desk.signal)).toMatchObject({ level: 'bytes', known: false })
    desk.unlock(id, 'restore')
    expect(await restore(id, { to: 'back' })).toMatchObject({ files: 7 })
  })
})

describe('restoring', () => {
  it('needs the recovery key, the right one, for this backup and this purpose, each time', async () => {
    const id = await backedUp()
    await expect(restore(id, { to: 'back' })).rejects.toMatchObject({ code: 'backup_locked' })
    desk.unlock(id, 'verify')
    await expect(restore(id, { to: 'back' })).rejects.toMatchObject({ code: 'backup_locked' })
    const other = await desk.recipient.make(true)
    desk.unlock(id, 'restore', other.recovery_key)
    await expect(restore(id, { to: 'back' })).rejects.toMatchObject({ code: 'recovery_key_invalid' })
    desk.unlock(id, 'restore')
    await restore(id, { to: 'back' })
    await expect(restore(id, { to: 'again' })).rejects.toMatchObject({ code: 'backup_locked' })
  })

  it('in place puts back what was changed and deleted, and leaves what is new', async () => {
    const id = await backedUp()
    const before = await picture(desk.workspace)
    await writeFile(desk.at('a.txt'), 'changed')
    await rm(desk.at('d/c.txt'))
    await rm(desk.at('link'))
    await writeFile(desk.at('new'), 'new')
    desk.unlock(id, 'restore')
    expect(await restore(id, { inPlace: true })).toMatchObject({ files: 7, failed: [] })
    const after = await picture(desk.workspace)
    expect(after.new).toBeDefined()
    delete after.new
    expect(after).toEqual(before)
  })

  it('puts back only what is asked for', async () => {
    const id = await backedUp()
    desk.unlock(id, 'restore')
    await restore(id, { to: 'back' }, [desk.at('d/c.txt')])
    expect(Object.keys(await picture(join(desk.at('back'), desk.workspace)))).toEqual(['d', 'd/c.txt'])
    await writeFile(desk.at('a.txt'), 'mine')
    await writeFile(desk.at('d/c.txt'), 'mine')
    desk.unlock(id, 'restore')
    await restore(id, { inPlace: true }, [desk.at('d')])
    expect(await readFile(desk.at('a.txt'), 'utf8')).toBe('mine')
    expect(await readFile(desk.at('d/c.txt'), 'utf8')).toBe('x'.repeat(10))
  })

  it('of a damaged backup changes nothing, in place and beside', async () => {
    const id = await backedUp()
    const file = join(desk.folder, 'backups', `${id}.backup`)
    const bytes = await readFile(file)
    bytes[bytes.length - 5] = (bytes.at(-5) as number) ^ 1
    await writeFile(file, bytes)
    await writeFile(desk.at('a.txt'), 'mine')
    const before = await picture(desk.workspace)
    desk.unlock(id, 'restore')
    await expect(restore(id, { inPlace: true })).rejects.toMatchObject({ code: 'backup_damaged' })
    desk.unlock(id, 'restore')
    await expect(restore(id, { to: 'back' })).rejects.toMatchObject({ code: 'backup_damaged' })
    expect(await picture(desk.workspace)).toEqual(before)
  })

  it('goes into no folder that is there, nor outside the grants', async () => {
    const id = await backedUp()
    for (const [to, code] of [
      ['d', 'already_exists'],
      ['/etc/back', 'path_outside_roots'],
      ['../back', 'path_outside_roots'],
    ] as const) {
      desk.unlock(id, 'restore')
      await expect(restore(id, { to })).rejects.toMatchObject({ code })
    }
  })

  it('stopped leaves no half folder', async () => {
    await writeFile(desk.at('large'), Buffer.alloc(40_000_000, 1))
    const { manifest } = await desk.create()
    const before = await readdir(desk.workspace)
    const controller = new AbortController()
    desk.unlock(manifest.id, 'restore')
    const stopping = desk.backups.restore(
      desk.files,
      manifest.id,
      { to: 'back' },
      undefined,
      (_message, done) => done > 0 && controller.abort(new Error('stopped')),
      controller.signal,
    )
    await expect(stopping).rejects.toThrow('stopped')
    expect(await readdir(desk.workspace)).toEqual(before)
  })
})

describe('room', () => {
  it('is looked at before anything is written: the quota', async () => {
    await using small = await openDesk({ quotaBytes: 1_000_000 })
    await writeFile(small.at('f'), Buffer.alloc(900_000, 1))
    await small.create()
    await expect(small.create()).rejects.toMatchObject({ code: 'disk_full' })
  })

  requires.root().test('and the disk that is restored to', async () => {
    await using small = await openDesk()
    await writeFile(small.at('f'), Buffer.alloc(3_000_000, 1))
    const { manifest } = await small.create(['f'])
    await mkdir(small.at('disk'))
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=66m', 'tmpfs', small.at('disk')])
    try {
      small.unlock(manifest.id, 'restore')
      const restoring = small.backups.restore(
        small.files,
        manifest.id,
        { to: 'disk/back' },
        undefined,
        quiet,
        small.signal,
      )
      await expect(restoring).rejects.toMatchObject({ code: 'disk_full' })
      expect(await readdir(small.at('disk'))).toEqual([])
    } finally {
      execFileSync('umount', [small.at('disk')])
    }
  })

  requires.root().test('and the disk', async () => {
    await using small = await openDesk()
    const mount = join(small.folder, 'backups')
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=66m', 'tmpfs', mount])
    try {
      await writeFile(small.at('f'), Buffer.alloc(3_000_000, 1))
      await expect(small.create()).rejects.toMatchObject({ code: 'disk_full' })
      expect(await readdir(mount)).toEqual([])
    } finally {
      execFileSync('umount', [mount])
    }
  })
})
