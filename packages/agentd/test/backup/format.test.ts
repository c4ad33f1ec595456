import { open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decode, type Entry, encode, type Piece } from '../../src/backup/archive.ts'
import { ContainerWriter, openKey, readContainer, readHeader } from '../../src/backup/container.ts'
import { formatRecoveryKey, parseRecoveryKey } from '../../src/backup/recovery-key.ts'
import { leaving } from '../../src/backup/retention.ts'
import { loadSodium } from '../../src/backup/sodium.ts'
import { unpack } from '../../src/backup/unpack.ts'
import { openDesk } from '../support/backups.ts'

const signal = new AbortController().signal
const ownership = { mode: 0o755, uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0, modifiedNs: '0' }
const label: Piece = { type: 'B', label: { version: 1, set: 'main', createdAt: '', roots: [] } }

describe('a recovery key', () => {
  it('is read back as it was shown, however it is typed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (secret) => {
        const text = formatRecoveryKey(secret)
        expect(text).toMatch(/^CSTRK1(-[0-9A-HJKMNP-TV-Z]{7}){8}$/)
        const typed = text.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('cstrk1', 'CSTRK1')
        return Buffer.from(secret).equals(parseRecoveryKey(text)) && Buffer.from(secret).equals(parseRecoveryKey(typed))
      }),
    )
  })

  it('with any one character wrong is refused', () => {
    const text = formatRecoveryKey(Buffer.alloc(32, 9))
    for (let at = 7; at < text.length; at += 1) {
      if (text[at] === '-') continue
      const wrong = text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1)
      expect(() => parseRecoveryKey(wrong)).toThrowError(expect.objectContaining({ code: 'recovery_key_invalid' }))
    }
    for (const wrong of ['', 'CSTRK1', text.slice(0, -1), `${text}A`, text.replace('CSTRK1', 'XSTRK1')]) {
      expect(() => parseRecoveryKey(wrong)).toThrowError(expect.objectContaining({ code: 'recovery_key_invalid' }))
    }
  })
})

describe('a container', () => {
  it('with any one byte changed, cut or added is refused, before its end is believed', async () => {
    const sodium = await loadSodium()
    const pair = sodium.crypto_box_keypair()
    const path = join(tmpdir(), `castellan-container-${process.pid}`)
    await using file = await open(path, 'w+')
    await rm(path)
    const writer = await ContainerWriter.create(sodium, file, pair.publicKey)
    await writer.push(Buffer.alloc(70_000, 3))
    await writer.push(Buffer.from('the end'))
    await writer.finish()
    const whole = async () => {
      const key = openKey(sodium, await readHeader(file), pair.privateKey)
      let size = 0
      for await (const part of readContainer(sodium, file, key, signal)) size += part.length
      return size
    }
    expect(await whole()).toBe(70_007)
    const { size } = await file.stat()
    const byte = Buffer.alloc(1)
    for (let at = 0; at < size; at += at < 160 ? 1 : 997) {
      await file.read(byte, 0, 1, at)
      await file.write(Buffer.from([(byte[0] as number) ^ 0x40]), 0, 1, at)
      await expect(whole(), `byte ${at}`).rejects.toMatchObject({
        code: expect.stringMatching(/^(backup_damaged|recovery_key_invalid)$/),
      })
      await file.write(byte, 0, 1, at)
    }
    await file.write(Buffer.from([0]), 0, 1, size)
    await expect(whole()).rejects.toMatchObject({ code: 'backup_damaged' })
    for (const length of [size - 1, 66_000, 128, 100, 0]) {
      await file.truncate(length)
      await expect(whole()).rejects.toMatchObject({ code: 'backup_damaged' })
    }
  })
})

describe('an archive', () => {
  it('is read back whatever pieces it comes in, and never without its end', async () => {
    const pieces: Piece[] = [
      label,
      { type: 'E', entry: { kind: 'file', sqlite: false, path: '/ä', ...ownership } },
      { type: 'D', bytes: Buffer.from('hello') },
      { type: 'Z', zeros: 7_000_000_000 },
      { type: 'F', end: { sizeBytes: 1, sha256: '0'.repeat(64) } },
      { type: 'X', closing: { entries: 1, fileBytes: 1 } },
    ]
    const bytes = Buffer.concat(pieces.map(encode))
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 8 }), async (cuts) => {
        const ends = [...cuts, bytes.length].sort((left, right) => left - right)
        const parts = ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end))
        expect(await all(decode(stream(parts)))).toEqual(pieces)
      }),
    )
    for (let end = 0; end < bytes.length; end += 1) {
      await expect(all(decode(stream([bytes.subarray(0, end)])))).rejects.toMatchObject({
        code: 'backup_damaged',
      })
    }
  })

  const file = (path: string): Entry => ({ kind: 'file', sqlite: false, path, ...ownership })
  const folder = (path: string): Entry => ({ kind: 'directory', path, ...ownership })
  const symlink = (path: string, target: string): Entry => ({ kind: 'symlink', target, path, ...ownership })
  const hardlink = (path: string, target: string): Entry => ({ kind: 'hardlink', target, path, ...ownership })

  it.each([
    ['climbs out', [file('/../../outside')]],
    ['has an empty name', [file('/a//b')]],
    ['writes below a link of its own', [symlink('/a', '/tmp'), file('/a/b')]],
    ['makes a folder below a link of its own', [symlink('/a', '/tmp'), folder('/a/b')]],
    ['has one name twice', [file('/a'), file('/a')]],
    ['turns a file into a folder', [file('/a'), folder('/a')]],
    ['writes below a file', [file('/a'), file('/a/b')]],
    ['links to a file that it does not have', [hardlink('/a', '/etc/passwd')]],
    ['links to a link', [symlink('/a', '/etc/passwd'), hardlink('/b', '/a')]],
  ])('that %s is refused', async (_, entries) => {
    await using desk = await openDesk()
    const pieces = entries.flatMap((entry): Piece[] =>
      entry.kind === 'file'
        ? [
            { type: 'E', entry },
            { type: 'F', end: { sizeBytes: 0, sha256: EMPTY } },
          ]
        : [{ type: 'E', entry }],
    )
    const archive: Piece[] = [label, ...pieces, { type: 'X', closing: { entries: entries.length, fileBytes: 0 } }]
    const unpacking = { folder: desk.workspace, purpose: 'keep', signal, onBytes: () => undefined } as const
    await expect(unpack(stream(archive), unpacking)).rejects.toMatchObject({ code: 'backup_damaged' })
  })

  it('whose file is not what its digest says is refused', async () => {
    await using desk = await openDesk()
    const archive: Piece[] = [
      label,
      { type: 'E', entry: file('/a') },
      { type: 'D', bytes: Buffer.from('x') },
      { type: 'F', end: { sizeBytes: 1, sha256: EMPTY } },
      { type: 'X', closing: { entries: 1, fileBytes: 1 } },
    ]
    const unpacking = { folder: desk.workspace, purpose: 'trial', signal, onBytes: () => undefined } as const
    await expect(unpack(stream(archive), unpacking)).rejects.toMatchObject({ code: 'backup_damaged' })
  })
})

describe('retention', () => {
  const day = 86_400_000
  const now = Date.UTC(2026, 10, 21, 12)
  const backup = (daysAgo: number) => ({ id: `bak_${daysAgo}` as never, createdMs: now - daysAgo * day })

  it('keeps the newest of each day and week, and lets go of the rest', () => {
    const all = Array.from({ length: 60 }, (_, daysAgo) => backup(daysAgo))
    const gone = new Set<string>(leaving(all, { daily: 3, weekly: 2 }, now))
    // 21 November 2026 is a Saturday: the week began five days ago, so the one before ends six days ago.
    expect(all.map(({ id }) => id).filter((id) => !gone.has(id))).toEqual(['bak_0', 'bak_1', 'bak_2', 'bak_6'])
  })

  it('lets nothing go within a day, however many there are', () => {
    expect(leaving([0, 0.1, 0.2, 0.5, 0.9].map(backup), { daily: 1, weekly: 0 }, now)).toEqual([])
  })

  it('never lets go of the newest', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1 }),
        fc.nat(5),
        fc.nat(5),
        (ages, daily, weekly) => {
          const all = [...new Set(ages)].map(backup)
          const newest = all.toSorted((left, right) => right.createdMs - left.createdMs)[0]
          return !leaving(all, { daily: daily + 1, weekly }, now).includes(newest?.id as never)
        },
      ),
    )
  })
})

const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

async function* stream<T>(parts: readonly T[]): AsyncGenerator<T> {
  yield* parts
}

async function all<T>(parts: AsyncIterable<T>): Promise<T[]> {
  const seen: T[] = []
  for await (const part of parts) seen.push(part)
  return seen
}
