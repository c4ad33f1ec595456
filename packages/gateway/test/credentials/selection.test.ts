import { expect, it } from 'vitest'
import type { Activity } from '../../src/credentials/activity.ts'
import { draft, OTHER_SECRET, SECRET, testCredentials } from './support/store.ts'

async function two() {
  const clock = { now: Date.parse('2026-11-21T12:00:00Z') }
  const made = await testCredentials({ now: () => clock.now })
  const one = await made.credentials.create(draft({ label: 'one' }))
  const other = await made.credentials.create(draft({ label: 'two', secret: OTHER_SECRET }))
  return { ...made, clock, one, other, pick: () => made.selection.pick({ provider: 'anthropic' }) }
}

it('gives the oldest of a provider that is healthy, with its secret and its own provider’s address', async () => {
  const { pick, one } = await two()
  expect(await pick()).toEqual({
    id: one.id,
    label: 'one',
    auth: 'api_key',
    secret: SECRET,
    baseUrl: 'https://api.anthropic.com',
  })
})

it('lets one that failed rest for half an hour, and gives the next meanwhile', async () => {
  const { pick, selection, one, other, clock, ledger } = await two()
  await selection.failed(one.id, 'unauthorized')
  expect((await pick()).id).toBe(other.id)
  expect(ledger.entries.at(-2)).toMatchObject({
    type: 'credential_cooling_down',
    credential: one.id,
    reason: 'unauthorized',
    until: '2026-11-21T12:30:00.000Z',
  })
  clock.now += 30 * 60_000 - 1
  expect((await pick()).id).toBe(other.id)
  clock.now += 1
  expect((await pick()).id).toBe(one.id)
})

it('lets it rest as long as its provider says, within a day', async () => {
  const { selection, one, clock, activity } = await two()
  const rests = (seconds: number) => (activity.coolsUntil(one.id, clock.now) ?? 0) - clock.now === seconds * 1000
  await selection.failed(one.id, 'rate_limited', 7)
  expect(rests(7)).toBe(true)
  await selection.failed(one.id, 'rate_limited', 0)
  expect(rests(1)).toBe(true)
  await selection.failed(one.id, 'rate_limited', 1e12)
  expect(rests(24 * 3600)).toBe(true)
  await selection.failed(one.id, 'quota_exhausted', Number.NaN)
  expect(rests(1800)).toBe(true)
})

it('says until when, where all of a provider rest or were tried', async () => {
  const { pick, selection, one, other } = await two()
  await selection.failed(one.id, 'rate_limited', 60)
  await selection.failed(other.id, 'quota_exhausted', 40)
  await expect(pick()).rejects.toMatchObject({ code: 'credential_cooling_down', retryAfterSeconds: 40 })
  await expect(selection.pick({ credential: one.id })).rejects.toMatchObject({
    code: 'credential_cooling_down',
    retryAfterSeconds: 60,
  })
})

it('gives none that was tried already in this turn', async () => {
  const { selection, one, other } = await two()
  const wish = { provider: 'anthropic' }
  expect((await selection.pick(wish, new Set([one.id]))).id).toBe(other.id)
  await expect(selection.pick(wish, new Set([one.id, other.id]))).rejects.toMatchObject({
    code: 'credential_cooling_down',
    retryAfterSeconds: undefined,
  })
})

it('remembers who rests over a restart', async () => {
  const { selection, one, other, again } = await two()
  await selection.failed(one.id, 'unauthorized')
  expect((await (await again()).selection.pick({ provider: 'anthropic' })).id).toBe(other.id)
})

it('wakes one up whose secret is another, and never gives a revoked one', async () => {
  const { selection, credentials, one, other, pick } = await two()
  await selection.failed(one.id, 'unauthorized')
  await credentials.rotate(one.id, `${SECRET}-new-QCCC`)
  expect((await pick()).secret).toBe(`${SECRET}-new-QCCC`)
  await credentials.revoke(one.id)
  expect((await pick()).id).toBe(other.id)
  await expect(selection.pick({ credential: one.id })).rejects.toMatchObject({ code: 'credential_revoked' })
})

it('says what to do where there is none', async () => {
  const { selection } = await two()
  await expect(selection.pick({ provider: 'openai' })).rejects.toThrow('agentctl credential add openai')
  await expect(selection.pick({ credential: 'cred_0123456789' })).rejects.toMatchObject({ code: 'credential_unknown' })
})

it('records the first use before it happens and those that follow together', async () => {
  const { pick, uses, ledger, one, clock } = await two()
  for (let n = 0; n < 5; n += 1) await pick()
  const used = () => ledger.entries.filter(({ type }) => type === 'credential_used')
  expect(used()).toMatchObject([{ credential: one.id, uses: 1 }])
  await uses.flush(clock.now)
  expect(used()).toMatchObject([{ uses: 1 }, { uses: 4, since: '2026-11-21T12:00:00.000Z' }])
  await uses.flush(clock.now)
  expect(used()).toHaveLength(2)
})

it('gives nothing where the first use cannot be recorded, and then counts it once', async () => {
  const { pick, ledger } = await two()
  ledger.failure = 'refuses'
  await expect(pick()).rejects.toMatchObject({ code: 'rate_limited' })
  ledger.failure = 'none'
  await pick()
  expect(ledger.entries.at(-1)).toMatchObject({ type: 'credential_used', uses: 1 })
})

it('lets one rest although that cannot be recorded', async () => {
  const { selection, pick, one, other, ledger, uses } = await two()
  await pick()
  await uses.count(other.id, 'anthropic', Date.parse('2026-11-21T12:00:00Z'))
  ledger.failure = 'refuses'
  await selection.failed(one.id, 'rate_limited', 60)
  expect((await pick()).id).toBe(other.id)
})

it('begins anew what it knew of uses where its file is damaged', async () => {
  const { folder, again, selection, one } = await two()
  await selection.failed(one.id, 'unauthorized')
  const { writeFileSync } = await import('node:fs')
  writeFileSync(`${folder}/credentials/activity.json`, '{"version":1,"credentials":{"x":')
  const next = await again()
  expect((next.activity as Activity).of(one.id).cooling_down).toBeNull()
  expect((await next.selection.pick({ provider: 'anthropic' })).id).toBe(one.id)
})
