import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Vault } from '../../../src/host/files/vault.ts'

let folder: string
const key = randomBytes(32)
let vault: Vault
const signal = new AbortController().signal

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'castellan-vault-'))
  vault = await Vault.open(join(folder, 'contents'), key)
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function* chunks(...parts: Uint8Array[]) {
  yield* parts
}

async function content(digest: string): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of vault.read(digest)) parts.push(part)
  return Buffer.concat(parts)
}

describe('a vault', () => {
  it('gives back exactly what it took, whatever the size', async () => {
    for (const size of [0, 1, 262_143, 262_144, 262_145, 1_000_003]) {
      const bytes = randomBytes(size)
      const kept = await vault.keep(chunks(bytes.subarray(0, size >> 1), bytes.subarray(size >> 1)), signal)
      expect(kept).toEqual({ digest: vault.digest(bytes), sizeBytes: size })
      expect((await content(kept.digest)).equals(bytes)).toBe(true)
    }
  })

  it('keeps the same bytes once', async () => {
    await vault.keep(chunks(Buffer.from('same')), signal)
    await vault.keep(chunks(Buffer.from('same')), signal)
    expect((await vault.contents()).size).toBe(1)
  })

  it('shows neither the bytes nor their plain digest on disk, and only to its owner', async () => {
    const { digest } = await vault.keep(chunks(Buffer.from('hunter2'.repeat(100))), signal)
    const file = join(folder, 'contents', digest)
    expect((await readFile(file)).includes('hunter2')).toBe(false)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect((await stat(join(folder, 'contents'))).mode & 0o777).toBe(0o700)
  })

  it('refuses content of which any one byte was changed', async () => {
    const { digest } = await vault.keep(chunks(Buffer.from('precious')), signal)
    const file = join(folder, 'contents', digest)
    const bytes = await readFile(file)
    for (let position = 0; position < bytes.length; position++) {
      const changed = Buffer.from(bytes)
      changed[position] = (changed[position] as number) ^ 1
      await writeFile(file, changed)
      await expect(content(digest)).rejects.toMatchObject({ code: 'trash_damaged' })
    }
  })

  it('refuses content that was cut short, or put in the place of another', async () => {
    const one = await vault.keep(chunks(Buffer.from('one')), signal)
    const two = await vault.keep(chunks(Buffer.from('two')), signal)
    const file = join(folder, 'contents', one.digest)
    await writeFile(file, await readFile(join(folder, 'contents', two.digest)))
    await expect(content(one.digest)).rejects.toMatchObject({ code: 'trash_damaged' })
    await writeFile(file, 'short')
    await expect(content(one.digest)).rejects.toMatchObject({ code: 'trash_damaged' })
  })

  it('says so when content is gone', async () => {
    await expect(content('0'.repeat(64))).rejects.toMatchObject({ code: 'trash_unknown' })
  })

  it('leaves nothing behind when it is interrupted, nor after a crash', async () => {
    const controller = new AbortController()
    async function* endless() {
      yield Buffer.alloc(1000)
      controller.abort()
      yield Buffer.alloc(1000)
    }
    await expect(vault.keep(endless(), controller.signal)).rejects.toThrow()
    expect(await readdir(join(folder, 'contents'))).toEqual([])
    await writeFile(join(folder, 'contents', 'draft-0123'), 'half')
    await Vault.open(join(folder, 'contents'), key)
    expect(await readdir(join(folder, 'contents'))).toEqual([])
  })

  it('reads what it kept after it was closed and opened again', async () => {
    const { digest } = await vault.keep(chunks(Buffer.from('still here')), signal)
    vault = await Vault.open(join(folder, 'contents'), key)
    expect((await content(digest)).toString()).toBe('still here')
  })
})
