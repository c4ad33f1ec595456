import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@castellan/testing'
import { expect, it } from 'vitest'
import { GatewayKeys } from '../../src/keys/gateway-keys.ts'

function places(folder = temporaryFolder(), credentialsFolder?: string) {
  return {
    file: join(folder, 'keys', 'kek'),
    rootFile: join(folder, 'keys', 'root'),
    encrypted: [join(folder, 'data')],
    credentialsFolder,
  }
}

it('makes a private key and a root under it, and derives the same keys again', async () => {
  const at = places()
  const keys = await GatewayKeys.open(at)
  const key = keys.derive('castellan test v1')
  expect(key).toHaveLength(32)
  expect(keys.derive('castellan other v1').equals(key)).toBe(false)
  expect((await GatewayKeys.open(at)).derive('castellan test v1')).toEqual(key)
  expect(statSync(at.file).mode & 0o777).toBe(0o600)
  expect(readFileSync(at.rootFile).includes(key)).toBe(false)
})

it('takes the key that systemd hands over, and makes no file then', async () => {
  const credentials = temporaryFolder()
  writeFileSync(join(credentials, 'castellan-gateway-kek'), Buffer.alloc(32, 9))
  const at = places(undefined, credentials)
  const key = (await GatewayKeys.open(at)).derive('castellan test v1')
  expect(existsSync(at.file)).toBe(false)
  expect((await GatewayKeys.open(at)).derive('castellan test v1')).toEqual(key)
})

it('makes no new key beside what an old one encrypted', async () => {
  const at = places()
  await GatewayKeys.open(at)
  rmSync(at.file)
  await expect(GatewayKeys.open(at)).rejects.toMatchObject({ code: 'state_key_missing' })
  expect(existsSync(at.file)).toBe(false)
  rmSync(at.rootFile)
  writeFileSync(at.encrypted[0] as string, 'x')
  await expect(GatewayKeys.open(at)).rejects.toMatchObject({ code: 'state_key_missing' })
})

it('makes no new root beside what an old one encrypted', async () => {
  const at = places()
  await GatewayKeys.open(at)
  rmSync(at.rootFile)
  writeFileSync(at.encrypted[0] as string, 'x')
  await expect(GatewayKeys.open(at)).rejects.toMatchObject({ code: 'state_key_missing' })
})

it('refuses a cut key, another key, a readable key and a damaged root, each by its own name', async () => {
  const at = places()
  await GatewayKeys.open(at)
  const key = readFileSync(at.file)
  const root = readFileSync(at.rootFile)

  writeFileSync(at.file, key.subarray(1))
  await expect(GatewayKeys.open(at)).rejects.toMatchObject({ code: 'state_key_damaged' })
  writeFileSync(at.file, Buffer.alloc(32, 1))
  await expect(GatewayKeys.open(at)).rejects.toMatchObject({ code: 'state_key_foreign' })
  writeFileSync(at.file, key)
  chmodSync(at.file, 0o640)
  await expect(GatewayKeys.open(at)).rejects.toMatchObject({ code: 'config_invalid' })
  chmodSync(at.file, 0o600)
  writeFileSync(at.rootFile, root.subarray(0, -1))
  await expect(GatewayKeys.open(at)).rejects.toMatchObject({ code: 'state_key_damaged' })
})

it('keeps every derived key when the key-encryption key is replaced, and needs the old one no more', async () => {
  const at = places()
  const keys = await GatewayKeys.open(at)
  const derived = keys.derive('castellan test v1')
  const before = readFileSync(at.file)
  await keys.beginRotation()
  // Killed here, both keys open it.
  expect((await GatewayKeys.open(at)).derive('castellan test v1')).toEqual(derived)
  await keys.finishRotation()
  expect(readFileSync(at.file).equals(before)).toBe(false)
  expect(existsSync(`${at.file}.next`)).toBe(false)
  expect((await GatewayKeys.open(at)).derive('castellan test v1')).toEqual(derived)
})

it('tells how to replace a key that systemd hands over, and takes the next one from there', async () => {
  const credentials = temporaryFolder()
  mkdirSync(credentials, { recursive: true })
  writeFileSync(join(credentials, 'castellan-gateway-kek'), Buffer.alloc(32, 9))
  const at = places(undefined, credentials)
  const keys = await GatewayKeys.open(at)
  const derived = keys.derive('castellan test v1')
  await expect(keys.beginRotation()).rejects.toMatchObject({ code: 'unsupported_host' })

  writeFileSync(join(credentials, 'castellan-gateway-kek-next'), Buffer.alloc(32, 8))
  await keys.beginRotation()
  await keys.finishRotation()
  rmSync(join(credentials, 'castellan-gateway-kek-next'))
  writeFileSync(join(credentials, 'castellan-gateway-kek'), Buffer.alloc(32, 8))
  expect((await GatewayKeys.open(at)).derive('castellan test v1')).toEqual(derived)
})

it('takes no next key that somebody without the present one put there', async () => {
  const at = places()
  const keys = await GatewayKeys.open(at)
  const before = keys.keks[0]?.id
  writeFileSync(`${at.file}.next`, Buffer.alloc(32, 6), { mode: 0o600 })
  expect(await keys.rotationIsOpen()).toBe(false)
  expect((await GatewayKeys.open(at)).keks.map(({ id }) => id)).toEqual([before])
  expect(existsSync(`${at.file}.next`)).toBe(false)

  const other = places()
  await (await GatewayKeys.open(other)).beginRotation()
  copyFileSync(`${other.file}.next`, `${at.file}.next`)
  expect((await GatewayKeys.open(at)).keks.map(({ id }) => id)).toEqual([before])
})

it('takes no key file into account where systemd hands the key over', async () => {
  const credentials = temporaryFolder()
  writeFileSync(join(credentials, 'castellan-gateway-kek'), Buffer.alloc(32, 9))
  const at = places(undefined, credentials)
  const before = (await GatewayKeys.open(at)).keks.map(({ id }) => id)
  writeFileSync(at.file, Buffer.alloc(32, 6), { mode: 0o600 })
  writeFileSync(`${at.file}.next`, Buffer.alloc(32, 7), { mode: 0o600 })
  const keys = await GatewayKeys.open(at)
  expect(keys.keks.map(({ id }) => id)).toEqual(before)
  expect(await keys.rotationIsOpen()).toBe(false)
})

it('drops a next key that took its place before a crash could be tidied up after', async () => {
  const at = places()
  const keys = await GatewayKeys.open(at)
  const derived = keys.derive('castellan test v1')
  await keys.beginRotation()
  copyFileSync(`${at.file}.next`, `${at.file}.kept`)
  await keys.finishRotation()
  copyFileSync(`${at.file}.kept`, `${at.file}.next`)
  const next = await GatewayKeys.open(at)
  expect(next.keks).toHaveLength(1)
  expect(next.derive('castellan test v1')).toEqual(derived)
  expect(existsSync(`${at.file}.next`)).toBe(false)
})
