import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PreviousToken, previousTokenFile } from '@castellan/contracts'
import { temporaryFolder, until } from '@castellan/testing'
import { expect, test } from 'vitest'
import { OwnerToken } from '../../src/tokens/owner-token.ts'
import { newSecret } from '../../src/tokens/secret.ts'
import { request } from '../support/api.ts'
import { startGateway } from '../support/gateway.ts'

const RECORDS = { append: async () => undefined }
const MINUTE = 60_000

test('the owner’s token is replaced without a restart; the old one is good for the overlap', async () => {
  const gateway = await startGateway()
  const rotated = await request(gateway, '/api/v1/tokens/owner/rotation', { body: {} })
  expect(rotated.status).toBe(201)
  const fresh = String(rotated.json.token)
  const file = join(gateway.folder, 'token')
  expect(readFileSync(file, 'utf8').trim()).toBe(fresh)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(statSync(previousTokenFile(file)).mode & 0o777).toBe(0o600)
  for (const token of [gateway.token, fresh]) {
    expect((await request(gateway, '/api/v1/tokens', { token })).status).toBe(200)
  }
  expect(gateway.records.entries).toMatchObject([{ type: 'token_rotated', token: 'owner' }])
  const minutes = (Date.parse(String(rotated.json.old_valid_until)) - Date.now()) / MINUTE
  expect(Math.round(minutes)).toBe(10)
})

test('without overlap the old token ends at once, with the sockets that it opened', async () => {
  const gateway = await startGateway()
  const socket = await gateway.connect()
  const rotated = await request(gateway, '/api/v1/tokens/owner/rotation', { body: { overlap_minutes: 0 } })
  expect(rotated.status).toBe(201)
  await until('the socket is closed', () => socket.closed)
  expect((await request(gateway, '/api/v1/tokens')).status).toBe(401)
  expect((await request(gateway, '/api/v1/tokens', { token: String(rotated.json.token) })).status).toBe(200)
  expect(existsSync(previousTokenFile(join(gateway.folder, 'token')))).toBe(false)
})

test('the token before cannot replace the one in force', async () => {
  const gateway = await startGateway()
  await request(gateway, '/api/v1/tokens/owner/rotation', { body: {} })
  const again = await request(gateway, '/api/v1/tokens/owner/rotation', { body: {} })
  expect(again.json.code).toBe('forbidden')
})

test('the overlap outlives a restart, and ends when it should', async () => {
  const { file, secret } = tokenFile()
  let now = Date.now()
  const rotated = await (await OwnerToken.read(file, { now: () => now })).rotate(secret, 10 * MINUTE, RECORDS)
  const again = await OwnerToken.read(file, { now: () => now })
  expect(again.match(secret)?.ended).toBe(false)
  expect(again.match(rotated.token)?.ended).toBe(false)
  now += 10 * MINUTE
  expect(again.match(secret)?.ended).toBe(true)
  expect((await OwnerToken.read(file, { now: () => now })).match(secret)?.ended).toBe(true)
  expect(PreviousToken.parse(JSON.parse(readFileSync(previousTokenFile(file), 'utf8'))).token).toBe(secret)
})

test('a crash between the two files leaves the old token good', async () => {
  const { file, secret } = tokenFile()
  const valid_until = new Date(Date.now() + MINUTE).toISOString()
  writeFileSync(previousTokenFile(file), JSON.stringify({ token: secret, valid_until }))
  expect((await OwnerToken.read(file)).match(secret)?.ended).toBe(false)
})

test('what lies beside the token file and makes no sense lets nobody in', async () => {
  const { file, secret } = tokenFile()
  for (const content of ['', '{', '{"token":"","valid_until":"2999-01-01T00:00:00.000Z"}', '[]']) {
    writeFileSync(previousTokenFile(file), content)
    const token = await OwnerToken.read(file)
    expect(token.match('')).toBeUndefined()
    expect(token.match(secret)?.ended).toBe(false)
  }
})

test('where nothing can be recorded, or the file cannot be replaced, the token stays', async () => {
  const { file, secret, folder } = tokenFile()
  const token = await OwnerToken.read(file)
  const broken = { append: () => Promise.reject(new Error('no ledger')) }
  await expect(token.rotate(secret, 0, broken)).rejects.toThrow('no ledger')
  expect(readFileSync(file, 'utf8')).toBe(secret)
  if (process.getuid?.() !== 0) {
    chmodSync(folder, 0o500)
    await expect(token.rotate(secret, 0, RECORDS)).rejects.toMatchObject({ code: 'permission_denied' })
    chmodSync(folder, 0o700)
  }
  expect(token.match(secret)?.ended).toBe(false)
})

test('a file that was changed by hand is followed when it is read again, and one that is none is not', async () => {
  const { file, secret } = tokenFile()
  const token = await OwnerToken.read(file)
  const standing = token.match(secret)
  const fresh = newSecret()
  writeFileSync(file, 'nothing')
  await expect(token.reload()).rejects.toMatchObject({ code: 'config_invalid' })
  expect(standing?.ended).toBe(false)
  writeFileSync(file, fresh)
  await token.reload()
  expect(standing?.ended).toBe(true)
  expect(token.match(fresh)?.ended).toBe(false)
})

function tokenFile(): { file: string; secret: string; folder: string } {
  const folder = temporaryFolder()
  const file = join(folder, 'token')
  const secret = newSecret()
  writeFileSync(file, secret, { mode: 0o600 })
  return { file, secret, folder }
}
