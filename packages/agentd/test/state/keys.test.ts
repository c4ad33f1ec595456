import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { StateKeys } from '../../src/state/keys.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cst-keys-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const keyFile = () => join(folder, 'state.key')

it('makes one private key and opens the same one again', async () => {
  const first = (await StateKeys.open(folder)).derive('one')
  expect((await StateKeys.open(folder)).derive('one')).toEqual(first)
  expect((await stat(keyFile())).mode & 0o777).toBe(0o600)
  expect((await readFile(keyFile())).length).toBe(32)
})

it('gives every purpose a 32-byte key of its own, none of them the root key', async () => {
  const keys = await StateKeys.open(folder)
  const made = [keys.derive('one'), keys.derive('two'), await readFile(keyFile())].map((key) => key.toString('hex'))
  expect(new Set(made).size).toBe(3)
  expect(keys.derive('one')).toHaveLength(32)
})

it('derives the key that HKDF-SHA-256 gives', async () => {
  await writeFile(keyFile(), Buffer.alloc(32, 7))
  const key = (await StateKeys.open(folder)).derive('castellan test v1')
  expect(key.toString('hex')).toBe('b2a9e55f12f8815d4bbb6590737310fe1652658a9763060211743ae60c7d2cc6')
})

it('refuses a key that is gone, and makes no new one', async () => {
  await StateKeys.open(folder)
  await rm(keyFile())
  await expect(StateKeys.open(folder)).rejects.toMatchObject({ code: 'state_key_missing' })
  expect(await readdir(folder)).toEqual(['state.key.id'])
})

it('refuses to make a key beside data that had one, also where its id is gone too', async () => {
  const data = join(folder, 'contents')
  await writeFile(data, 'x')
  await expect(StateKeys.open(folder, [join(folder, 'none'), data])).rejects.toMatchObject({
    code: 'state_key_missing',
  })
  await writeFile(data, '')
  await expect(StateKeys.open(folder, [data])).resolves.toBeDefined()
})

it('refuses a key that was cut short', async () => {
  await StateKeys.open(folder)
  await truncate(keyFile(), 31)
  await expect(StateKeys.open(folder)).rejects.toMatchObject({ code: 'state_key_damaged' })
})

it('refuses the key of another machine', async () => {
  await StateKeys.open(folder)
  await writeFile(keyFile(), Buffer.alloc(32, 1))
  await expect(StateKeys.open(folder)).rejects.toMatchObject({ code: 'state_key_foreign' })
})

it('goes on after a crash between the key and its id', async () => {
  const key = (await StateKeys.open(folder)).derive('one')
  await rm(`${keyFile()}.id`)
  expect((await StateKeys.open(folder)).derive('one')).toEqual(key)
  await writeFile(keyFile(), Buffer.alloc(32, 1))
  await expect(StateKeys.open(folder)).rejects.toMatchObject({ code: 'state_key_foreign' })
})
