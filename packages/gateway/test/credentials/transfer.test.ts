import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { requires, temporaryFolder } from '@castellan/testing'
import { armor, Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption'
import { describe, expect, it } from 'vitest'
import { PassphraseIdentity, PassphraseRecipient } from '../../src/credentials/age-passphrase.ts'
import { draft, OTHER_SECRET, SECRET, testCredentials } from './support/store.ts'

const passphrase = 'correct horse battery staple'

async function filled() {
  const made = await testCredentials()
  await made.credentials.create(draft({ label: 'one' }))
  await made.credentials.create(
    draft({ provider: 'mine', label: 'two', secret: 'own-secret', base_url: 'https://a.example' }),
  )
  const gone = await made.credentials.create(draft({ label: 'gone', secret: OTHER_SECRET }))
  await made.credentials.revoke(gone.id)
  return made
}

it('brings credentials to another gateway by a passphrase, without those that were revoked', {
  timeout: 300_000,
}, async () => {
  const { credentials, ledger } = await filled()
  const exported = await credentials.export({ passphrase })
  expect(exported.credentials).toBe(2)
  expect(exported.file).not.toContain('planted')
  expect(ledger.entries.at(-1)).toMatchObject({ type: 'credentials_exported', count: 2, form: 'passphrase' })

  const other = await testCredentials()
  const { imported, skipped } = await other.credentials.import({ file: exported.file, passphrase })
  expect([imported.length, skipped]).toEqual([2, 0])
  expect((await other.store.secret(imported[0] as string)).secret).toBe(SECRET)
  expect(await other.credentials.list()).toMatchObject([
    { label: 'one' },
    { label: 'two', base_url: 'https://a.example' },
  ])
  expect(other.ledger.types).toEqual(['credentials_imported'])
  expect(await other.credentials.import({ file: exported.file, passphrase })).toEqual({ imported: [], skipped: 2 })
})

it('brings them by an age recipient, which the ledger names', async () => {
  const { credentials, ledger } = await filled()
  const identity = await generateX25519Identity()
  const recipient = await identityToRecipient(identity)
  const { file } = await credentials.export({ recipient })
  expect(ledger.entries.at(-1)).toMatchObject({ form: 'age_recipient', recipient })
  const other = await testCredentials()
  expect((await other.credentials.import({ file, identity })).imported).toHaveLength(2)
})

describe('takes nothing in, and quotes nothing,', () => {
  const plain = async (value: unknown) => {
    const encrypter = new Encrypter()
    encrypter.addRecipient(new PassphraseRecipient(passphrase, 10))
    return armor.encode(await encrypter.encrypt(JSON.stringify(value)))
  }
  const inside = (credentials: unknown) => ({
    format: 'castellan-credentials',
    version: 1,
    exported_at: '2026-11-21T12:00:00.000Z',
    credentials,
  })
  const one = { provider: 'anthropic', auth: 'api_key', label: 'one', base_url: null, secret: SECRET }

  it.each([
    ['import_invalid', 'no age file', () => 'PLANTED'],
    ['import_invalid', 'an age file of something else', () => plain({ secret: 'PLANTED' })],
    ['import_invalid', 'an unknown version', () => plain({ ...inside([one]), version: 2 })],
    ['import_invalid', 'a secret with a line break', () => plain(inside([{ ...one, secret: 'PLANTED\r\nx: y' }]))],
    ['import_invalid', 'more than 64', () => plain(inside(Array(65).fill(one)))],
    [
      'credential_invalid',
      'one among others that its provider never gave out',
      () => plain(inside([one, { ...one, secret: 'PLANTED' }])),
    ],
  ])('%s: %s', async (code, _what, make) => {
    const { credentials, ledger } = await testCredentials()
    const error = await credentials.import({ file: await make(), passphrase }).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code })
    expect(String((error as Error).stack) + JSON.stringify(error)).not.toContain('PLANTED')
    expect(ledger.entries).toEqual([])
  })

  it('another passphrase, a changed file and a wrong key', async () => {
    const { credentials } = await testCredentials()
    const file = await plain(inside([one]))
    const refused = (request: Parameters<typeof credentials.import>[0]) =>
      expect(credentials.import(request)).rejects.toMatchObject({ code: 'import_invalid' })
    await refused({ file, passphrase: 'another passphrase' })
    await refused({ file: file.replace(/\n(.)/, (_, letter) => `\n${letter === 'A' ? 'B' : 'A'}`), passphrase })
    await refused({ file, identity: await generateX25519Identity() })
    await refused({ file, identity: 'AGE-SECRET-KEY-1PLANTED' })
    expect(await credentials.list()).toEqual([])
  })

  it('what does not fit in any more: all of it or nothing', async () => {
    const { credentials } = await testCredentials()
    for (let n = 0; n < 63; n += 1) await credentials.create(draft({ label: `${n}`, secret: `${SECRET}${n}` }))
    const file = await plain(inside([one, { ...one, secret: OTHER_SECRET }]))
    await expect(credentials.import({ file, passphrase })).rejects.toMatchObject({ code: 'credentials_full' })
    expect(await credentials.list()).toHaveLength(63)
  })

  it('a file that asks for more work than age’s own', async () => {
    const { credentials } = await testCredentials()
    const heavy = Buffer.from(armor.decode(await plain(inside([]))))
      .toString('latin1')
      .replace(/(-> scrypt \S+ )10/, '$119')
    const file = armor.encode(Buffer.from(heavy, 'latin1'))
    await expect(credentials.import({ file, passphrase })).rejects.toThrow('more work')
  })
})

it('refuses to export to what is no recipient', async () => {
  const { credentials, ledger } = await filled()
  await expect(credentials.export({ recipient: 'age1notarecipient' })).rejects.toMatchObject({
    code: 'credential_invalid',
  })
  expect(ledger.types).not.toContain('credentials_exported')
})

it('reads and writes passphrase files as the age library does', async () => {
  const encrypter = new Encrypter()
  encrypter.setScryptWorkFactor(10)
  encrypter.setPassphrase(passphrase)
  const decrypter = new Decrypter()
  decrypter.addIdentity(new PassphraseIdentity(passphrase))
  expect(await decrypter.decrypt(await encrypter.encrypt('theirs'), 'text')).toBe('theirs')

  const ours = new Encrypter()
  ours.addRecipient(new PassphraseRecipient(passphrase, 10))
  const theirs = new Decrypter()
  theirs.addPassphrase(passphrase)
  expect(await theirs.decrypt(await ours.encrypt('ours'), 'text')).toBe('ours')
})

requires.command('age', 'age').test('is read by the age command, and reads what that wrote', async () => {
  const folder = temporaryFolder()
  const { credentials } = await filled()
  const identity = await generateX25519Identity()
  const recipient = await identityToRecipient(identity)
  writeFileSync(join(folder, 'key'), identity, { mode: 0o600 })
  writeFileSync(join(folder, 'export.age'), (await credentials.export({ recipient })).file)
  const opened = spawnSync('age', ['-d', '-i', join(folder, 'key'), join(folder, 'export.age')], { encoding: 'utf8' })
  expect(JSON.parse(opened.stdout)).toMatchObject({ format: 'castellan-credentials', version: 1 })

  const written = join(folder, 'written.age')
  spawnSync('age', ['-a', '-r', recipient, '-o', written], { input: opened.stdout })
  const other = await testCredentials()
  const { imported } = await other.credentials.import({ file: readFileSync(written, 'utf8'), identity })
  expect(imported).toHaveLength(2)
})
