import { existsSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readEnvelope } from '../../src/keys/envelope-bytes.ts'
import { draft, OTHER_SECRET, SECRET, testCredentials } from './support/store.ts'

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'opened',
    (error: { code?: string }) => error.code,
  )

it('keeps a secret over restarts, and shows no more of it than its last four characters', async () => {
  const { credentials, again, storeFile } = await testCredentials()
  const made = await credentials.create(draft())
  expect(made).toMatchObject({ provider: 'anthropic', label: 'work', preview: 'QAAA', state: 'healthy', version: 1 })
  const next = await again()
  expect(await next.credentials.list()).toEqual([made])
  expect((await next.store.secret(made.id)).secret).toBe(SECRET)
  expect(readFileSync(storeFile).includes('planted')).toBe(false)
  expect(readFileSync(storeFile).includes('work')).toBe(false)
})

it('shows nothing of a short secret', async () => {
  const { credentials } = await testCredentials()
  const made = await credentials.create(
    draft({ provider: 'mine', base_url: 'https://llm.example.org', secret: 'short-secret-19-ch' }),
  )
  expect(made.preview).toBeNull()
})

it('is on record step by step, each with the state that it made', async () => {
  const { credentials, ledger } = await testCredentials()
  const { id } = await credentials.create(draft())
  await credentials.rotate(id, OTHER_SECRET)
  await credentials.revoke(id)
  await credentials.revoke(id)
  await credentials.remove(id)
  expect(ledger.types).toEqual(['credential_created', 'credential_rotated', 'credential_revoked', 'credential_deleted'])
  expect(ledger.entries.map((entry) => 'generation' in entry && entry.generation)).toEqual([1, 2, 3, 4])
  expect(JSON.stringify(ledger.entries)).not.toContain('planted')
})

it('destroys what was rotated away, revoked and deleted', async () => {
  const { credentials, store, again } = await testCredentials()
  const { id } = await credentials.create(draft())
  await credentials.rotate(id, OTHER_SECRET)
  expect((await store.secret(id)).secret).toBe(OTHER_SECRET)
  expect((await credentials.revoke(id)).state).toBe('revoked')
  await expect(store.secret(id)).rejects.toMatchObject({ code: 'credential_unknown' })
  await expect(credentials.rotate(id, SECRET)).rejects.toMatchObject({ code: 'credential_revoked' })
  await credentials.remove(id)
  expect(await (await again()).credentials.list()).toEqual([])
  await expect(credentials.get(id)).rejects.toMatchObject({ code: 'credential_unknown' })
})

it('takes 64 credentials and refuses the 65th, with nothing changed', async () => {
  const { credentials, again, ledger } = await testCredentials()
  for (let n = 0; n < 64; n += 1)
    await credentials.create(draft({ label: `number ${n}`, secret: `${SECRET}${n}`.padEnd(4096, 'x') }))
  await expect(credentials.create(draft())).rejects.toMatchObject({ code: 'credentials_full' })
  expect(ledger.entries).toHaveLength(64)
  expect(await (await again()).credentials.list()).toHaveLength(64)
})

it('makes changes one after another, however they come', async () => {
  const { credentials, ledger, again } = await testCredentials()
  await Promise.all(Array.from({ length: 10 }, (_, n) => credentials.create(draft({ label: `number ${n}` }))))
  expect(ledger.entries.map((entry) => 'generation' in entry && entry.generation)).toEqual([
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
  ])
  expect(await (await again()).credentials.list()).toHaveLength(10)
})

describe('does not load, and says why,', () => {
  async function twoStates() {
    const made = await testCredentials()
    const { id } = await made.credentials.create(draft())
    const older = readFileSync(made.storeFile)
    await made.credentials.rotate(id, OTHER_SECRET)
    await made.credentials.create(draft({ label: 'second' }))
    return { ...made, older, newer: readFileSync(made.storeFile) }
  }
  const bodyOf = (bytes: Buffer) => JSON.parse(bytes.subarray(bytes.indexOf('\n') + 1).toString())
  const withBody = (body: unknown) => {
    const text = `${JSON.stringify(body)}\n`
    return `castellan-credential-store 1 ${text.length}\n${text}`
  }

  it('an older state that was put back', async () => {
    const { storeFile, older, again } = await twoStates()
    writeFileSync(storeFile, older)
    const next = await again()
    expect(await codeOf(next.credentials.list())).toBe('credential_store_rolled_back')
    expect(await codeOf(next.store.secret('cred_0123456789'))).toBe('credential_store_rolled_back')
  })

  it('an older secret within the newest state', async () => {
    const { storeFile, older, newer, again } = await twoStates()
    const body = bodyOf(newer)
    const [id] = Object.keys(bodyOf(older).secrets)
    body.secrets[id as string] = bodyOf(older).secrets[id as string]
    writeFileSync(storeFile, withBody(body))
    expect(await codeOf((await again()).credentials.list())).toBe('credential_store_rolled_back')
  })

  it('two secrets in each other’s place', async () => {
    const { storeFile, newer, again } = await twoStates()
    const body = bodyOf(newer)
    const [one, two] = Object.keys(body.secrets) as [string, string]
    body.secrets = { [one]: body.secrets[two], [two]: body.secrets[one] }
    writeFileSync(storeFile, withBody(body))
    expect(await codeOf((await again()).credentials.list())).toBe('credential_store_swapped')
  })

  it('a file that was cut at any place', async () => {
    const { storeFile, newer, again } = await twoStates()
    const codes = new Set()
    for (let length = 1; length < newer.length; length += 97) {
      writeFileSync(storeFile, newer)
      truncateSync(storeFile, length)
      codes.add(await codeOf((await again()).credentials.list()))
    }
    expect([...codes]).toEqual(['credential_store_truncated'])
  })

  it('a file with any byte changed', async () => {
    const { storeFile, newer, again } = await twoStates()
    const codes = new Set()
    for (let place = 0; place < newer.length; place += 53) {
      const changed = Buffer.from(newer)
      changed[place] = (changed[place] ?? 0) ^ 1
      writeFileSync(storeFile, changed)
      codes.add(await codeOf((await again()).credentials.list()))
    }
    expect(codes).not.toContain('opened')
    expect(codes).toContain('credential_store_corrupt')
  })

  it('the store of another gateway', async () => {
    const { storeFile, again } = await twoStates()
    const other = await testCredentials()
    await other.credentials.create(draft())
    writeFileSync(storeFile, readFileSync(other.storeFile))
    expect(await codeOf((await again()).credentials.list())).toBe('credential_store_foreign')
  })

  it('another store under the same key', async () => {
    const { folder, storeFile, again, ledger } = await twoStates()
    const own = readFileSync(storeFile)
    rmSync(storeFile)
    ledger.entries.length = 0
    await (await again()).credentials.create(draft())
    writeFileSync(storeFile, own)
    expect(await codeOf((await again()).credentials.list())).toBe('credential_store_rolled_back')
    expect(folder).toBeDefined()
  })

  it('no file where the ledger knows of one, something else, a link and another version', async () => {
    const { storeFile, newer, again } = await twoStates()
    rmSync(storeFile)
    expect(await codeOf((await again()).credentials.list())).toBe('credential_store_missing')
    writeFileSync(storeFile, 'something else')
    expect(await codeOf((await again()).credentials.list())).toBe('credential_store_unsupported')
    writeFileSync(storeFile, newer.toString('latin1').replace('store 1 ', 'store 2 '), 'latin1')
    expect(await codeOf((await again()).credentials.list())).toBe('credential_store_unsupported')
    writeFileSync(`${storeFile}.real`, newer)
    rmSync(storeFile)
    symlinkSync(`${storeFile}.real`, storeFile)
    expect(await codeOf((await again()).credentials.list())).toBe('credential_store_unsupported')
  })

  it('once on record, and tells every request the same', async () => {
    const { storeFile, again, ledger } = await twoStates()
    writeFileSync(storeFile, 'castellan-credential-store 1 4\nnope')
    const next = await again()
    for (let n = 0; n < 3; n += 1) expect(await codeOf(next.credentials.list())).toBe('credential_store_corrupt')
    expect(ledger.types.filter((type) => type === 'credential_store_refused')).toHaveLength(1)
    expect(await next.keeper.view()).toMatchObject({ state: 'refused', problem: { code: 'credential_store_corrupt' } })
  })

  it('until it is put right, or begun anew with the old file moved aside', async () => {
    const { storeFile, newer, again, ledger, folder } = await twoStates()
    writeFileSync(storeFile, 'nonsense')
    const next = await again()
    expect(await codeOf(next.credentials.list())).toBe('credential_store_unsupported')
    writeFileSync(storeFile, newer)
    expect(await next.credentials.list()).toHaveLength(2)
    expect(await codeOf(next.keeper.reset())).toBe('conflict')

    writeFileSync(storeFile, 'nonsense')
    const last = await again()
    await last.keeper.reset()
    expect(await last.credentials.list()).toEqual([])
    expect(ledger.types.at(-1)).toBe('credential_store_made')
    await last.credentials.create(draft())
    expect(await (await again()).credentials.list()).toHaveLength(1)
    expect(existsSync(join(folder, 'credentials'))).toBe(true)
  })
})

describe('a change that could not be put on record', () => {
  it('is not made where the ledger refused it', async () => {
    const { credentials, ledger, again, folder } = await testCredentials()
    await credentials.create(draft())
    ledger.failure = 'refuses'
    await expect(credentials.create(draft())).rejects.toMatchObject({ code: 'rate_limited' })
    ledger.failure = 'none'
    expect(await credentials.list()).toHaveLength(1)
    expect(existsSync(join(folder, 'credentials', 'store.next'))).toBe(false)
    expect(await (await again()).credentials.list()).toHaveLength(1)
  })

  it.each(['loses', 'loses_after'] as const)(
    'is carried through where nobody knows (%s), by the same gateway',
    async (failure) => {
      const { credentials, ledger } = await testCredentials()
      const { id } = await credentials.create(draft())
      ledger.failure = failure
      await expect(credentials.rotate(id, OTHER_SECRET)).rejects.toMatchObject({ code: 'agentd_unavailable' })
      if (failure === 'loses') await expect(credentials.list()).rejects.toMatchObject({ code: 'agentd_unavailable' })
      ledger.failure = 'none'
      expect(await credentials.list()).toMatchObject([{ version: 2, preview: 'QBBB' }])
      expect(ledger.types.at(-1)).toBe('credential_rotated')
      const events = ledger.entries.map((entry) => 'event' in entry && entry.event)
      expect(new Set(events).size).toBe(2)
    },
  )

  it.each(['loses', 'loses_after'] as const)('is carried through after a restart (%s)', async (failure) => {
    const { credentials, ledger, again } = await testCredentials()
    expect(await credentials.list()).toEqual([])
    ledger.failure = failure
    await expect(credentials.create(draft())).rejects.toMatchObject({ code: 'agentd_unavailable' })
    ledger.failure = 'none'
    const next = await again()
    expect(await next.credentials.list()).toHaveLength(1)
    await next.credentials.create(draft({ label: 'second' }))
    expect(await (await again()).credentials.list()).toHaveLength(2)
  })

  it('is not taken up again from an old copy of it', async () => {
    const { credentials, ledger, again, folder } = await testCredentials()
    const next = join(folder, 'credentials', 'store.next')
    await credentials.list()
    ledger.failure = 'loses'
    await expect(credentials.create(draft())).rejects.toMatchObject({ code: 'agentd_unavailable' })
    const prepared = readFileSync(next)
    ledger.failure = 'none'
    await credentials.create(draft({ label: 'second' }))
    writeFileSync(next, prepared)
    expect(await codeOf((await again()).credentials.list())).toBe('credential_store_rolled_back')
  })
})

it('is adopted by a ledger that does not know it, on record', async () => {
  const { credentials, ledger, again } = await testCredentials()
  await credentials.create(draft())
  ledger.entries.length = 0
  expect(await (await again()).credentials.list()).toHaveLength(1)
  expect(ledger.types).toEqual(['credential_store_adopted'])
})

describe('another key-encryption key', () => {
  it('takes everything over and leaves nothing that the old one opens', async () => {
    const { credentials, keeper, store, keys, storeFile, ledger, again } = await testCredentials()
    const { id } = await credentials.create(draft())
    const derived = keys.derive('castellan test v1')
    const before = keys.keks[0]?.id
    await keeper.rotateKey()
    const after = keys.keks[0]?.id
    expect(after).not.toBe(before)
    expect(ledger.entries.at(-1)).toMatchObject({ type: 'credential_key_rotated', key: after })
    expect((await store.secret(id)).secret).toBe(SECRET)
    expect(keys.derive('castellan test v1')).toEqual(derived)
    const body = JSON.parse(readFileSync(storeFile, 'utf8').split('\n')[1] ?? '')
    expect(body.key).toBe(after)
    expect(readEnvelope(Buffer.from(body.secrets[id], 'base64')).header.keyId).toBe(after)
    expect((await (await again()).store.secret(id)).secret).toBe(SECRET)
  })

  it('is not begun to the end while the ledger is away, and then is, with nothing lost', async () => {
    const { credentials, keeper, ledger, again } = await testCredentials()
    const { id } = await credentials.create(draft())
    ledger.failure = 'loses'
    await expect(keeper.rotateKey()).rejects.toMatchObject({ code: 'agentd_unavailable' })
    ledger.failure = 'none'
    const next = await again()
    expect((await next.store.secret(id)).secret).toBe(SECRET)
    expect(await next.keys.rotationIsOpen()).toBe(false)
    expect(next.keys.keks).toHaveLength(1)
  })

  it('that cannot be finished yet keeps nobody from what is there', async () => {
    const { credentials, keeper, ledger, again } = await testCredentials()
    const { id } = await credentials.create(draft())
    ledger.failure = 'refuses'
    await expect(keeper.rotateKey()).rejects.toMatchObject({ code: 'rate_limited' })
    const next = await again()
    expect((await next.store.secret(id)).secret).toBe(SECRET)
    expect(await next.keys.rotationIsOpen()).toBe(true)
    ledger.failure = 'none'
    const last = await again()
    expect((await last.store.secret(id)).secret).toBe(SECRET)
    expect(await last.keys.rotationIsOpen()).toBe(false)
  })

  it('that was refused still opens what is written under both', async () => {
    const { credentials, keeper, ledger, again } = await testCredentials()
    const { id } = await credentials.create(draft())
    ledger.failure = 'refuses'
    await expect(keeper.rotateKey()).rejects.toMatchObject({ code: 'rate_limited' })
    ledger.failure = 'none'
    const { id: second } = await credentials.create(draft({ label: 'second', secret: OTHER_SECRET }))
    const next = await again()
    expect((await next.store.secret(id)).secret).toBe(SECRET)
    expect((await next.store.secret(second)).secret).toBe(OTHER_SECRET)
    expect(next.keys.keks).toHaveLength(1)
    expect((await (await next.again()).store.secret(id)).secret).toBe(SECRET)
  })
})

describe('a locked store', () => {
  it('gives nothing away, also after a restart, until it is unlocked', async () => {
    const { credentials, keeper, keys, ledger, again } = await testCredentials()
    const { id } = await credentials.create(draft())
    await keeper.lock()
    expect(keys.keks).toEqual([])
    expect(await codeOf(credentials.list())).toBe('credentials_locked')
    const next = await again()
    expect(await codeOf(next.store.secret(id))).toBe('credentials_locked')
    expect(await codeOf(next.keeper.rotateKey())).toBe('credentials_locked')
    expect(await next.keeper.view()).toMatchObject({ state: 'locked', key: null, credentials: null })
    await next.keeper.unlock()
    expect((await next.store.secret(id)).secret).toBe(SECRET)
    expect(ledger.types.slice(-2)).toEqual(['credentials_locked', 'credentials_unlocked'])
  })

  it('is locked where that cannot be recorded, and not unlocked then', async () => {
    const { credentials, keeper, ledger } = await testCredentials()
    await credentials.create(draft())
    ledger.failure = 'loses'
    await keeper.lock()
    await expect(keeper.unlock()).rejects.toMatchObject({ code: 'agentd_unavailable' })
    ledger.failure = 'none'
    expect(await codeOf(credentials.list())).toBe('credentials_locked')
  })

  it('is what a freeze makes of it, and a thaw opens it again', async () => {
    const { credentials, freeze, keys } = await testCredentials()
    await credentials.create(draft())
    freeze.credentialsLocked = true
    freeze.freeze = { level: 2 }
    expect(await codeOf(credentials.list())).toBe('credentials_locked')
    expect(keys.keks).toEqual([])
    freeze.credentialsLocked = false
    freeze.freeze = null
    expect(await credentials.list()).toHaveLength(1)
  })

  it('stays closed until agentd has said that nothing is frozen', async () => {
    const { credentials, freeze } = await testCredentials()
    freeze.credentialsLocked = true
    expect(await codeOf(credentials.list())).toBe('agentd_unavailable')
  })
})

it('shows its recovery phrase once for each key', async () => {
  const { keeper, keys, credentials, again } = await testCredentials()
  await credentials.create(draft())
  const { phrase, key } = await keeper.showPhrase()
  expect(phrase.split(' ')).toHaveLength(24)
  expect(key).toBe(keys.keks[0]?.id)
  expect(await codeOf(keeper.showPhrase())).toBe('conflict')
  const next = await again()
  expect(await codeOf(next.keeper.showPhrase())).toBe('conflict')
  expect(await next.keeper.view()).toMatchObject({ recovery_phrase_shown: true })
  await next.keeper.rotateKey()
  expect(await next.keeper.view()).toMatchObject({ recovery_phrase_shown: false })
  expect((await next.keeper.showPhrase()).phrase).not.toBe(phrase)
})
