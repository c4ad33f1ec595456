import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Token } from '@castellan/contracts/api'
import { temporaryFolder, until } from '@castellan/testing'
import { describe, expect, test } from 'vitest'
import type { Caller } from '../../src/plugins/caller.ts'
import { MAX_TOKENS } from '../../src/tokens/live-tokens.ts'
import { ALL_RIGHTS } from '../../src/tokens/rights.ts'
import { Standing } from '../../src/tokens/standing.ts'
import { Tokens } from '../../src/tokens/tokens.ts'
import { makeToken, request } from '../support/api.ts'
import { startGateway } from '../support/gateway.ts'
import { quietLog } from '../support/log.ts'

const DAY = 24 * 3600 * 1000

test('a token is shown once, and only a keyed hash of it is kept', async () => {
  const gateway = await startGateway()
  const made = await request(gateway, '/api/v1/tokens', {
    body: { name: 'script', scopes: ['operate', 'approve-never'] },
  })
  expect(made.status).toBe(201)
  expect(made.json.token).toMatch(/^cst_[A-Za-z0-9_-]{43}$/)
  const { json } = await request(gateway, '/api/v1/tokens')
  const [listed] = json.items as Token[]
  expect(Token.parse(listed)).toMatchObject({ name: 'script', scopes: ['operate', 'approve-never'], state: 'active' })
  const days = (Date.parse(listed?.expires_at ?? '') - Date.now()) / DAY
  expect(Math.round(days)).toBe(90)
  const file = join(gateway.folder, 'gateway', 'tokens.json')
  expect(statSync(file).mode & 0o777).toBe(0o600)
  const secret = String(made.json.token)
  expect(readFileSync(file, 'utf8')).not.toContain(secret)
  expect(readFileSync(file, 'utf8')).not.toContain(secret.slice(4))
  expect(gateway.records.entries).toMatchObject([{ type: 'token_created', token: listed?.token_id, by: 'owner' }])
  expect(JSON.stringify(gateway.records.entries)).not.toContain('cst_')
})

test('revoking a token ends it for requests, also after a restart, and is recorded', async () => {
  const gateway = await startGateway()
  const { secret, id } = await makeToken(gateway)
  expect((await request(gateway, '/api/v1/agents', { token: secret })).status).toBe(200)
  const revoked = await request(gateway, `/api/v1/tokens/${id}`, { method: 'DELETE' })
  expect(revoked.json.state).toBe('revoked')
  expect((await request(gateway, '/api/v1/agents', { token: secret })).status).toBe(401)
  expect((await request(gateway, `/api/v1/tokens/${id}`, { method: 'DELETE' })).status).toBe(200)
  expect(gateway.records.entries.filter(({ type }) => type === 'token_revoked')).toHaveLength(1)
  await gateway.stop()
  const again = await startGateway({ folder: gateway.folder })
  expect((await again.ask('/api/v1/agents', { headers: { authorization: `Bearer ${secret}` } })).status).toBe(401)
})

test('what a token made, and what that made, ends with it', async () => {
  const gateway = await startGateway()
  const parent = await makeToken(gateway, { scopes: ['admin'] })
  const child = await makeToken(gateway, { scopes: ['admin'] }, parent.secret)
  const grandchild = await makeToken(gateway, {}, child.secret)
  const other = await makeToken(gateway)
  await request(gateway, `/api/v1/tokens/${parent.id}`, { method: 'DELETE' })
  const answers = [parent, child, grandchild, other].map(({ secret }) =>
    request(gateway, '/api/v1/agents', { token: secret }),
  )
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([401, 401, 401, 200])
  const ended = gateway.records.entries.flatMap((entry) => (entry.type === 'token_revoked' ? [entry.token] : []))
  expect(ended).toEqual([parent.id, child.id, grandchild.id])
})

test('a token that is revoked while it makes or replaces another one gets neither', async () => {
  const file = join(temporaryFolder(), 'tokens.json')
  const tokens = await openTokens(file)
  const asked = { name: 'a', scopes: ['admin' as const], expires_in_days: 30 }
  const stolen = await tokens.create(asked, OWNER)
  const other = await tokens.create({ ...asked, expires_in_days: 10 }, OWNER)
  const known = tokens.find(stolen.token)
  if (known === undefined) throw new Error('it was just made')
  const thief: Caller = {
    ...{ kind: 'token', credential: stolen.token_id, standing: known.standing },
    ...{ expiresAt: known.expiresAt, ...known.rights },
  }
  const making = tokens.create(asked, thief)
  const replacing = tokens.rotate(other.token_id, 0, thief)
  const revoking = tokens.revoke(stolen.token_id, 'owner')
  await expect(making).rejects.toMatchObject({ code: 'unauthorized' })
  await expect(replacing).rejects.toMatchObject({ code: 'conflict' })
  await revoking
  for (const opened of [tokens, await openTokens(file)]) {
    expect(opened.list().map(({ token_id }) => token_id)).toEqual([other.token_id, stolen.token_id])
    expect(opened.find(other.token)?.standing.ended).toBe(false)
  }
})

test('a token is revoked even while the ledger is away, which the answer says', async () => {
  const gateway = await startGateway()
  const { secret, id } = await makeToken(gateway)
  gateway.records.broken = true
  const answer = await request(gateway, `/api/v1/tokens/${id}`, { method: 'DELETE' })
  expect(answer.json).toMatchObject({ code: 'ledger_unavailable' })
  expect(answer.json.message).toMatch(/is revoked, but/)
  expect((await request(gateway, '/api/v1/agents', { token: secret })).status).toBe(401)
  const made = await request(gateway, '/api/v1/tokens', { body: { name: 'x', scopes: ['read'] } })
  expect(made.json.code).toBe('ledger_unavailable')
  expect((await request(gateway, '/api/v1/tokens')).json.items).toHaveLength(1)
})

test('a token survives a restart, and one that has expired does not', async () => {
  let now = Date.now()
  const file = join(temporaryFolder(), 'tokens.json')
  const tokens = await openTokens(file, () => now)
  const { token } = await tokens.create({ name: 'a', scopes: ['read'], expires_in_days: 1 }, OWNER)
  const again = await openTokens(file, () => now)
  const known = again.find(token)
  expect(known?.standing.ended).toBe(false)
  now += DAY
  expect(known?.standing.ended).toBe(true)
  expect(again.list()).toMatchObject([{ state: 'expired' }])
  expect((await openTokens(file, () => now)).find(token)?.standing.ended).toBe(true)
})

test('a clock that is set back does not revive what has ended while it was open', async () => {
  let now = 1_000_000
  const standing = new Standing(2_000_000, () => now)
  const told: string[] = []
  standing.onEnd(() => told.push('ended'))
  now = 2_000_000
  expect(standing.ended).toBe(true)
  now = 1_000_000
  expect(standing.ended).toBe(true)
  expect(told).toEqual(['ended'])
})

test('a rotated token keeps its id; the old secret is good for the overlap and not after', async () => {
  let now = Date.now()
  const tokens = await openTokens(join(temporaryFolder(), 'tokens.json'), () => now)
  const { token: first, token_id } = await tokens.create({ name: 'a', scopes: ['chat'], expires_in_days: 30 }, OWNER)
  const { token: second } = await tokens.rotate(token_id, 10 * 60_000, OWNER)
  expect([tokens.find(first)?.id, tokens.find(second)?.id]).toEqual([token_id, token_id])
  const { token: third } = await tokens.rotate(token_id, 10 * 60_000, OWNER)
  expect(tokens.find(first)).toBeUndefined()
  expect(tokens.find(second)?.standing.ended).toBe(false)
  now += 10 * 60_000
  expect(tokens.find(second)?.standing.ended).toBe(true)
  expect(tokens.find(third)?.standing.ended).toBe(false)
  const { token: fourth } = await tokens.rotate(token_id, 0, OWNER)
  expect(tokens.find(third)).toBeUndefined()
  await tokens.revoke(token_id, 'owner')
  expect(tokens.find(fourth)).toBeUndefined()
  await expect(tokens.rotate(token_id, 0, OWNER)).rejects.toMatchObject({ code: 'conflict' })
})

describe('a list of tokens from before', () => {
  test('that is put back revives neither a revoked token nor a secret that was replaced', async () => {
    const gateway = await startGateway()
    const [revoked, rotated, kept] = [await makeToken(gateway), await makeToken(gateway), await makeToken(gateway)]
    const file = join(gateway.folder, 'gateway', 'tokens.json')
    const before = readFileSync(file)
    await request(gateway, `/api/v1/tokens/${revoked.id}`, { method: 'DELETE' })
    await request(gateway, `/api/v1/tokens/${rotated.id}/rotation`, { body: { overlap_minutes: 0 } })
    expect(gateway.records.entries.map(({ type }) => type)).toContain('token_rotated')
    await gateway.stop()
    writeFileSync(file, before)

    const again = await startGateway({
      folder: gateway.folder,
      tokenMarks: { revoked: [revoked.id], rotations: { [rotated.id]: 1 } },
    })
    const statuses = [revoked, rotated, kept].map(async ({ secret }) => {
      return (await request(again, '/api/v1/agents', { token: secret })).status
    })
    expect(await Promise.all(statuses)).toEqual([401, 401, 200])
    await again.stop()
    expect(readFileSync(file, 'utf8').match(/"revoked_at":null/g)).toHaveLength(1)
  })

  test('lets no token in until the ledger was asked, and the owner all the same', async () => {
    const gateway = await startGateway()
    const { secret } = await makeToken(gateway)
    await gateway.stop()
    const again = await startGateway({ folder: gateway.folder, agentd: false })
    const early = await request(again, '/api/v1/agents', { token: secret })
    expect([early.status, early.json.code, early.headers['retry-after']]).toEqual([503, 'agentd_unavailable', '1'])
    expect((await request(again, '/api/v1/agents')).status).toBe(200)
    expect((await request(again, '/api/v1/agents', { token: `cst_${'x'.repeat(43)}` })).status).toBe(401)
    await again.records.listen(join(gateway.folder, 'record.sock'))
    await until('the ledger was asked', async () => {
      return (await request(again, '/api/v1/agents', { token: secret })).status === 200
    })
  })

  test('of a rotation that could not be recorded leaves the token as it was, also after a restart', async () => {
    const gateway = await startGateway()
    const { secret, id } = await makeToken(gateway)
    gateway.records.broken = true
    const failed = await request(gateway, `/api/v1/tokens/${id}/rotation`, { body: { overlap_minutes: 0 } })
    expect(failed.json.code).toBe('ledger_unavailable')
    expect((await request(gateway, '/api/v1/agents', { token: secret })).status).toBe(200)
    await gateway.stop()
    // Nobody knows whether the entry arrived.
    const again = await startGateway({ folder: gateway.folder, tokenMarks: { revoked: [], rotations: { [id]: 1 } } })
    expect((await request(again, '/api/v1/agents', { token: secret })).status).toBe(200)
  })
})

test('revoking wins over a rotation that is being written', async () => {
  const file = join(temporaryFolder(), 'tokens.json')
  const tokens = await openTokens(file)
  const { token, token_id } = await tokens.create({ name: 'a', scopes: ['chat'], expires_in_days: 30 }, OWNER)
  const rotating = tokens.rotate(token_id, 60_000, OWNER)
  const revoking = tokens.revoke(token_id, 'owner')
  const rotated = await rotating.then(
    (answer) => answer.token,
    () => undefined,
  )
  await revoking
  for (const opened of [tokens, await openTokens(file)]) {
    expect(opened.find(token)).toBeUndefined()
    if (rotated !== undefined) expect(opened.find(rotated)).toBeUndefined()
    expect(opened.get(token_id).state).toBe('revoked')
  }
})

test('there are at most 512 tokens in force; ended ones make room', async () => {
  const tokens = await openTokens(join(temporaryFolder(), 'tokens.json'))
  const asked = { name: 'a', scopes: ['read' as const], expires_in_days: 30 }
  const made = []
  for (let count = 0; count < MAX_TOKENS; count++) made.push(await tokens.create(asked, OWNER))
  await expect(tokens.create(asked, OWNER)).rejects.toMatchObject({ code: 'conflict' })
  await tokens.revoke(made[7]?.token_id as never, 'owner')
  await tokens.create(asked, OWNER)
  expect(tokens.list()).toHaveLength(MAX_TOKENS)
})

test('a damaged list stops the start instead of forgetting what was revoked', async () => {
  const file = join(temporaryFolder(), 'tokens.json')
  for (const content of ['', '{"version":1,"tokens":[{', '{"version":2,"tokens":[]}', '{"version":1,"tokens":[{}]}']) {
    writeFileSync(file, content)
    await expect(openTokens(file)).rejects.toMatchObject({ code: 'config_invalid' })
  }
})

test('a list taken to another key recognises nobody', async () => {
  const file = join(temporaryFolder(), 'tokens.json')
  const { token } = await (await openTokens(file)).create({ name: 'a', scopes: ['read'], expires_in_days: 1 }, OWNER)
  const elsewhere = await Tokens.open({ file, key: Buffer.alloc(32, 9), records: RECORDS, log: quietLog('gateway') })
  expect(elsewhere.find(token)).toBeUndefined()
})

test('last use is noted, and written down now and then', async () => {
  let now = Date.now()
  const file = join(temporaryFolder(), 'tokens.json')
  const tokens = await openTokens(file, () => now)
  const { token, token_id } = await tokens.create({ name: 'a', scopes: ['read'], expires_in_days: 30 }, OWNER)
  tokens.find(token)
  const first = tokens.get(token_id).last_used_at
  expect(first).not.toBeNull()
  now += 60_000
  tokens.find(token)
  expect(tokens.get(token_id).last_used_at).toBe(first)
  now += 600_000
  tokens.find(token)
  expect(tokens.get(token_id).last_used_at).not.toBe(first)
  const written = () => readFileSync(file, 'utf8').includes(new Date(now).toISOString())
  await until('the use is on disk', () => written() || undefined)
  now -= DAY
  tokens.find(token)
  expect(Date.parse(tokens.get(token_id).last_used_at ?? '')).toBe(now)
  await tokens.close()
})

test('a token that makes no sense is not made', async () => {
  const gateway = await startGateway()
  for (const wrong of [
    { scopes: [] },
    { scopes: ['approve-never'] },
    { scopes: ['root'] },
    { scopes: ['read', 'read'] },
    { name: undefined },
    { name: '  ' },
    { expires_in_days: 0 },
    { expires_in_days: 1e9 },
    { agent: '../main' },
    { more: 1 },
  ]) {
    const { json } = await request(gateway, '/api/v1/tokens', { body: { name: 'x', scopes: ['read'], ...wrong } })
    expect([wrong, json.code]).toEqual([wrong, 'invalid_request'])
  }
})

test('no token can make one that may do more, or take over one that lasts longer, than it does itself', async () => {
  const gateway = await startGateway()
  const bound = { scopes: ['admin', 'approve-never'] as const, agent: 'main', expires_in_days: 10 }
  const { secret } = await makeToken(gateway, { ...bound, scopes: [...bound.scopes] })
  const make = (body: object) => request(gateway, '/api/v1/tokens', { token: secret, body: { name: 'x', ...body } })
  const fits = { scopes: ['operate', 'approve-never'], agent: 'main', expires_in_days: 5 }
  expect((await make(fits)).status).toBe(201)
  for (const more of [{ scopes: ['operate'] }, { agent: 'other' }, { agent: undefined }]) {
    expect((await make({ ...fits, ...more })).json.code).toBe('forbidden')
  }
  const longer = await make({ ...fits, expires_in_days: 100 })
  expect(Math.round((Date.parse(String(longer.json.expires_at)) - Date.now()) / DAY)).toBe(10)
  const { id } = await makeToken(gateway, { scopes: ['admin'] })
  const rotation = await request(gateway, `/api/v1/tokens/${id}/rotation`, { token: secret, body: {} })
  expect(rotation.json.code).toBe('forbidden')
  const owner = await request(gateway, '/api/v1/tokens/owner/rotation', { token: secret, body: {} })
  expect(owner.json.code).toBe('forbidden')
})

const RECORDS = { append: async () => undefined, tokenMarks: async () => ({ revoked: [], rotations: {} }) }
const OWNER: Caller = {
  ...{ kind: 'owner', credential: 'owner', token: 'cst_x', standing: new Standing() },
  ...{ expiresAt: Number.POSITIVE_INFINITY, ...ALL_RIGHTS },
}

function openTokens(file: string, now: () => number = Date.now): Promise<Tokens> {
  return Tokens.open({ file, key: Buffer.alloc(32, 1), records: RECORDS, log: quietLog('gateway'), now })
}
