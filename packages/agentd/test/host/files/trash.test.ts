import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Trash } from '../../../src/host/files/trash.ts'

let folder: string
const key = randomBytes(32)
const limits = { quotaBytes: 10_000, maxAgeDays: 30 }
const signal = new AbortController().signal

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'castellan-trash-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function put(trash: Trash, path: string, bytes: Uint8Array, reason: 'deleted' | 'replaced' = 'deleted') {
  async function* source() {
    yield bytes
  }
  const kept = await trash.vault.keep(source(), signal)
  return trash.add({
    path,
    reason,
    content: { kind: 'file', ...kept, modifiedNs: '0', mode: 0o644, uid: 0, gid: 0 },
  })
}

const paths = (trash: Trash) => trash.list().items.map(({ path }) => path)

describe('the trash', () => {
  it('lists what it keeps, newest first, also after it was opened again', async () => {
    const trash = await Trash.open(folder, key, limits)
    await put(trash, '/a', Buffer.from('a'))
    await put(trash, '/b', Buffer.from('b'))
    expect(paths(trash)).toEqual(['/b', '/a'])
    expect(paths(await Trash.open(folder, key, limits)).toSorted()).toEqual(['/a', '/b'])
  })

  it('lets the oldest go when the quota is reached, never the newest', async () => {
    const trash = await Trash.open(folder, key, limits)
    for (const name of ['/a', '/b', '/c', '/d']) await put(trash, name, randomBytes(3000))
    expect(paths(trash)).toEqual(['/d', '/c', '/b'])
    const { usedBytes } = trash.list()
    expect(usedBytes).toBeLessThanOrEqual(limits.quotaBytes)
    expect(await readdir(join(folder, 'blobs'))).toHaveLength(3)
  })

  it('counts the same bytes once, and lets them go with their last item', async () => {
    const trash = await Trash.open(folder, key, limits)
    const bytes = randomBytes(4000)
    const first = await put(trash, '/a', bytes)
    const second = await put(trash, '/b', bytes)
    expect(trash.list().usedBytes).toBeLessThan(5000)
    await trash.drop(first.id)
    expect(await readdir(join(folder, 'blobs'))).toHaveLength(1)
    await trash.drop(second.id)
    expect(await readdir(join(folder, 'blobs'))).toHaveLength(0)
  })

  it('lets go of what is older than the age limit', async () => {
    const trash = await Trash.open(folder, key, limits)
    await put(trash, '/old', Buffer.from('old'))
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 31 * 86_400_000 })
    try {
      expect(paths(trash)).toEqual([])
      expect(paths(await Trash.open(folder, key, limits))).toEqual([])
    } finally {
      vi.useRealTimers()
    }
    expect(await readdir(join(folder, 'blobs'))).toEqual([])
  })

  it('forgets content that no item names, as a crash between the two leaves it', async () => {
    const trash = await Trash.open(folder, key, limits)
    const { id } = await put(trash, '/a', Buffer.from('a'))
    await rm(join(folder, 'items', id))
    await Trash.open(folder, key, limits)
    expect(await readdir(join(folder, 'blobs'))).toEqual([])
  })

  it('opens in spite of an item file that is damaged', async () => {
    const trash = await Trash.open(folder, key, limits)
    await put(trash, '/a', Buffer.from('a'))
    await writeFile(join(folder, 'items', 'trs_damaged00'), '{')
    expect(paths(await Trash.open(folder, key, limits))).toEqual(['/a'])
  })

  it('shows neither names nor contents on disk', async () => {
    const trash = await Trash.open(folder, key, limits)
    await put(trash, '/srv/customers.txt', Buffer.from('Ada Lovelace'))
    for (const part of ['items', 'blobs']) {
      for (const name of await readdir(join(folder, part))) {
        expect((await readFile(join(folder, part, name))).toString('latin1')).not.toMatch(/customers|Lovelace/)
      }
    }
  })

  it('does not take an item that was put in the place of another', async () => {
    const trash = await Trash.open(folder, key, limits)
    const first = await put(trash, '/a', Buffer.from('a'))
    const second = await put(trash, '/b', Buffer.from('b'))
    await writeFile(join(folder, 'items', first.id), await readFile(join(folder, 'items', second.id)))
    expect(paths(await Trash.open(folder, key, limits))).toEqual(['/b'])
  })

  it('empties what was kept before a moment, and says what that freed', async () => {
    const trash = await Trash.open(folder, key, limits)
    await put(trash, '/a', Buffer.from('a'))
    expect(await trash.empty(0)).toEqual({ items: 0, freedBytes: 0 })
    expect(await trash.empty(Date.now() + 1)).toEqual({ items: 1, freedBytes: 1 })
    expect(await readdir(join(folder, 'items'))).toEqual([])
    expect(await readdir(join(folder, 'blobs'))).toEqual([])
  })

  it('prefers what was deleted at a path to what was replaced there', async () => {
    const trash = await Trash.open(folder, key, limits)
    const deleted = await put(trash, '/a', Buffer.from('1'))
    await put(trash, '/a', Buffer.from('2'), 'replaced')
    expect(trash.newest('/a')?.id).toBe(deleted.id)
    expect(trash.newest('/b')).toBeUndefined()
  })

  it('refuses what would empty it and hardly fit', async () => {
    const trash = await Trash.open(folder, key, limits)
    expect(() => trash.ensureFits('/big', 6000)).toThrowError(expect.objectContaining({ code: 'too_large' }))
    trash.ensureFits('/small', 5000)
  })

  it('says so when it does not hold what is asked for', async () => {
    const trash = await Trash.open(folder, key, limits)
    expect(() => trash.get('trs_nothing000')).toThrowError(expect.objectContaining({ code: 'trash_unknown' }))
  })
})
