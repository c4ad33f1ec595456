import { cpSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createLogger } from '@castellan/daemon'
import { readTree, temporaryFolder, until } from '@castellan/testing'
import { describe, expect, it } from 'vitest'
import { GatewayKeys } from '../../../src/keys/gateway-keys.ts'
import { keyPlaces } from '../../../src/keys/places.ts'
import { startGateway, type TestGatewayOptions } from '../../support/gateway.ts'

const PLANTED = 'sk-ant-api03-PLANTED-5ecre7-V4LUE-{q}~'
const OTHER = 'sk-ant-api03-PLANTED-0ther-V4LUE-{r}~'
const PASSPHRASE = 'PLANTED passphrase of the export'

/** A gateway whose store is open, and the API over it as the owner has it. */
async function start(options: TestGatewayOptions = {}) {
  const gateway = await startGateway(options)
  const send = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    gateway.ask(`/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${gateway.token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
  await until('the store is open', async () => (await send('GET', '/credential-store')).json.state === 'empty')
  const create = (over: Record<string, unknown> = {}) =>
    send('POST', '/credentials', { provider: 'anthropic', label: 'work', secret: PLANTED, ...over })
  return { ...gateway, send, create }
}

const idOf = (answer: { json: Record<string, unknown> }) => String(answer.json.id)

it('keeps, shows, rotates, revokes and deletes a credential', async () => {
  const { send, create, records } = await start()
  const made = await create()
  expect([made.status, made.json]).toMatchObject([201, { provider: 'anthropic', preview: '{q}~', state: 'healthy' }])
  const id = idOf(made)
  expect((await send('GET', '/credentials')).json).toEqual({ items: [made.json] })
  expect((await send('PUT', `/credentials/${id}/secret`, { secret: OTHER })).json).toMatchObject({
    version: 2,
    preview: '{r}~',
  })
  expect((await send('POST', `/credentials/${id}/revoke`)).json).toMatchObject({ state: 'revoked' })
  expect((await send('DELETE', `/credentials/${id}`)).status).toBe(204)
  expect((await send('GET', `/credentials/${id}`)).json.code).toBe('credential_unknown')
  expect(records.entries.map(({ type }) => type)).toEqual([
    'credential_created',
    'credential_rotated',
    'credential_revoked',
    'credential_deleted',
  ])
})

it('says that a test did not get through where there is no airlock', async () => {
  const { send, create } = await start()
  const answer = await send('POST', `/credentials/${idOf(await create())}/test`, {})
  expect([answer.status, answer.json]).toMatchObject([200, { ok: false, code: 'airlock_unavailable' }])
})

it('exports and imports, the latter up to a MiB', async () => {
  const { send, create } = await start()
  await create()
  const exported = await send('POST', '/credential-store/export', { passphrase: PASSPHRASE })
  expect([exported.status, exported.json.credentials]).toEqual([200, 1])
  const other = await start()
  const big = `${exported.json.file}${'\n'.repeat(200_000)}`
  const imported = await other.send('POST', '/credential-store/import', { file: big, passphrase: PASSPHRASE })
  expect([imported.status, imported.json]).toMatchObject([200, { skipped: 0 }])
  const huge = await other.send('POST', '/credential-store/import', {
    file: 'x'.repeat(1_100_000),
    passphrase: PASSPHRASE,
  })
  expect(huge.json.code).toBe('body_too_large')
})

it('locks, unlocks, rotates its key and shows its phrase once', async () => {
  const { send, create } = await start()
  await create()
  expect((await send('POST', '/credential-store/lock')).json).toMatchObject({ state: 'locked' })
  const refused = await send('GET', '/credentials')
  expect([refused.status, refused.json.code]).toEqual([423, 'credentials_locked'])
  expect((await send('POST', '/credential-store/unlock')).json).toMatchObject({ state: 'open', credentials: 1 })
  const phrase = await send('POST', '/credential-store/recovery-phrase')
  expect(String(phrase.json.phrase).split(' ')).toHaveLength(24)
  expect((await send('POST', '/credential-store/recovery-phrase')).json.code).toBe('conflict')
  expect((await send('POST', '/credential-store/key-rotation')).json).toMatchObject({ recovery_phrase_shown: false })
  expect((await send('POST', '/credential-store/reset')).json.code).toBe('conflict')
})

it('makes nothing that the ledger does not have', async () => {
  const { send, create, records } = await start()
  await create()
  records.broken = true
  expect((await create()).json.code).toBe('ledger_unavailable')
  records.broken = false
  expect((await send('GET', '/credentials')).json.items).toHaveLength(2)
})

describe('never says a secret', () => {
  /** Everything that a file may hide a text as. */
  const forms = (text: string) => [
    text,
    Buffer.from(text).toString('hex'),
    Buffer.from(text, 'utf16le').toString('latin1'),
    ...(text.length < 12 ? [] : base64Forms(text)),
  ]
  const base64Forms = (text: string) => [
    Buffer.from(text).toString('base64').replace(/=+$/, '').slice(2, -2),
    Buffer.from(` ${text}`).toString('base64').replace(/=+$/, '').slice(2, -2),
    Buffer.from(`  ${text}`).toString('base64').replace(/=+$/, '').slice(2, -2),
  ]

  it('in an answer or in the log at its most talkative, whatever is sent', async () => {
    const logFile = join(temporaryFolder(), 'log')
    const log = createLogger({ name: 'gateway', level: 'trace', file: logFile })
    const { send, create, ask, token, folder } = await start({ log })
    const id = idOf(await create())
    const answers = await Promise.all([
      create({ secret: `${PLANTED}\n` }),
      create({ secret: `${PLANTED} ` }),
      create({ secret: PLANTED.padEnd(5000, 'x') }),
      create({ secret: [PLANTED] }),
      create({ secret: { [PLANTED]: PLANTED } }),
      create({ [PLANTED]: 1 }),
      create({ provider: PLANTED }),
      create({ provider: 'openai' }),
      create({ provider: 'unheard-of' }),
      create({ base_url: `https://user:${PLANTED}@example.org` }),
      create({ auth: PLANTED }),
      send('POST', '/credentials', `{"secret": "${PLANTED}", }`),
      send('POST', '/credentials', `${PLANTED}`),
      send('POST', '/credentials', `"${PLANTED}"`),
      send('POST', '/credentials', { secret: PLANTED }, { 'content-type': 'text/plain' }),
      send('PUT', `/credentials/${id}/secret`, { secret: OTHER, extra: PLANTED }),
      send('PUT', `/credentials/${id}/secret`, OTHER),
      send('PUT', '/credentials/cred_0123456789/secret', { secret: OTHER }),
      send('POST', `/credentials/${id}/test`, { model: `${PLANTED} ` }),
      send('POST', '/credential-store/import', { file: PLANTED, passphrase: PASSPHRASE }),
      send('POST', '/credential-store/import', { file: PLANTED, passphrase: 'PLANTED' }),
      send('POST', '/credential-store/import', { file: PLANTED, identity: PLANTED }),
      send('POST', '/credential-store/export', { recipient: `age1${PLANTED}` }),
      send('POST', '/credential-store/export', { passphrase: PASSPHRASE, recipient: PLANTED }),
      ask('/api/v1/credentials', { method: 'POST', headers: { 'content-type': 'application/json' }, body: PLANTED }),
    ])
    for (const { status, text } of answers) {
      expect([status < 500, text]).toEqual([true, expect.not.stringContaining('PLANTED')])
    }
    await send(
      'POST',
      '/credentials',
      { provider: 'anthropic', label: 'twice', secret: OTHER },
      { 'idempotency-key': 'k' },
    )
    expect(readFileSync(logFile, 'latin1')).not.toContain('PLANTED')
    expect(readFileSync(logFile, 'latin1')).not.toContain(token)
    expect(readTree(folder).length).toBeGreaterThan(5)
  })

  it('in the state folder: stolen without its key it yields nothing', async () => {
    const { send, create, folder, stop, config, records } = await start()
    const id = idOf(await create({ label: 'PLANTED label' }))
    await send(
      'POST',
      '/credentials',
      { provider: 'anthropic', label: 'twice', secret: OTHER },
      { 'idempotency-key': 'k' },
    )
    await send('PUT', `/credentials/${id}/secret`, { secret: `${PLANTED}-rotated` })
    const { phrase } = (await send('POST', '/credential-store/recovery-phrase')).json
    await send('POST', '/credential-store/key-rotation')
    await stop()

    const stolen = join(temporaryFolder(), 'state')
    const key = keyPlaces(config).file
    const keyBytes = readFileSync(key)
    cpSync(folder, stolen, { recursive: true, filter: (path) => path !== key && !statSync(path).isSocket() })
    const planted = [
      PLANTED,
      OTHER,
      'PLANTED label',
      '{q}~',
      '{r}~',
      String(phrase),
      keyBytes.toString('latin1'),
    ].flatMap(forms)
    const found = readTree(stolen).flatMap(({ path, bytes }) => {
      const content = bytes.toString('latin1')
      return planted.filter((text) => content.includes(text)).map((text) => [path, text])
    })
    expect(found).toEqual([])
    expect(JSON.stringify(records.entries)).not.toContain('PLANTED')
    await expect(GatewayKeys.open(keyPlaces({ stateDir: stolen, keyFile: undefined }))).rejects.toMatchObject({
      code: 'state_key_missing',
    })
    // What is searched for would be found: with the key the same folder gives it.
    cpSync(key, join(stolen, 'gateway', 'keys', 'kek'))
    await GatewayKeys.open(keyPlaces({ stateDir: stolen, keyFile: undefined }))
    rmSync(stolen, { recursive: true })
  })
})
