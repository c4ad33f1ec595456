import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import {
  CastellanError,
  type Freeze,
  FreezeState,
  LedgerHead,
  newId,
  ProcessHealth,
  type SessionId,
} from '@castellan/contracts'
import { Latch } from '@castellan/daemon'
import { until } from '@castellan/testing'
import { expect, it } from 'vitest'
import { asDone, asPending, refusal, request, send, TestAgentd, temporaryState } from '../support/agentd.ts'

const panic = (agentd: TestAgentd, level: Freeze['level'] = 1, reason = 'To look at it') =>
  agentd.operator.request('POST', '/v1/panic', { body: { level, reason }, schema: FreezeState })
const thaw = (agentd: TestAgentd) =>
  agentd.operator.request('POST', '/v1/thaw', { body: { reason: 'All is well' }, schema: FreezeState })
const state = (agentd: TestAgentd, query = '') =>
  agentd.agent.request('GET', `/v1/freeze${query}`, { schema: FreezeState })
const frozenEntries = async (agentd: TestAgentd) =>
  (await agentd.entries()).flatMap(({ entry }) => (/^agents_/.test(entry.type) ? [[entry.type, entry.facts]] : []))

it('refuses every call of an agent while frozen, says how it ends, and lets the operator act', async () => {
  const agentd = await TestAgentd.start()
  const { freeze } = await panic(agentd)
  const error = await refusal(agentd.call('test_echo'))
  expect(error).toMatchObject({ code: 'agents_frozen', status: 423, detail: { freeze: freeze?.id, level: 1 } })
  expect(error.message).toContain('`agentctl thaw`')
  expect((await refusal(agentd.call('no_such_tool'))).code).toBe('agents_frozen')
  expect(asDone(await agentd.operate('test_echo')).ok).toBe(true)
  expect(await thaw(agentd)).toEqual({ freeze: null })
  expect(asDone(await agentd.call('test_echo')).ok).toBe(true)
})

it('stops the calls of agents that run, and records how they ended', async () => {
  const agentd = await TestAgentd.start()
  const running = agentd.call('test_endless', { ms: 60_000 })
  const own = agentd.operate('test_endless', { ms: 1500 })
  await until('both run', async () => (await agentd.entries('&type=intent')).length === 2)
  await panic(agentd)
  const outcome = asDone(await running)
  expect(outcome).toMatchObject({ ok: false, error: { code: 'agents_frozen' } })
  expect(outcome.error?.message).toContain('froze all agents, so the call was stopped')
  expect(asDone(await own).ok).toBe(true)
})

it('takes what people were asked off the table, decided or not, and asks nothing new', async () => {
  const agentd = await TestAgentd.start()
  const path = join(agentd.stateDir, 'counted')
  const asked = [request('test_count', { path }), request('test_count', { path })] as const
  const [first, second] = await Promise.all(asked.map(async (call) => asPending(await send(agentd.agent, call))))
  await agentd.decide(first?.approval_id as never, 'approve')
  await panic(agentd)
  expect((await refusal(agentd.decide(second?.approval_id as never, 'approve'))).code).toBe('agents_frozen')
  expect((await refusal(send(agentd.agent, { ...asked[0], approval_id: first?.approval_id }))).code).toBe(
    'agents_frozen',
  )
  expect((await refusal(agentd.call('test_count', { path }))).code).toBe('agents_frozen')
  await thaw(agentd)
  expect((await refusal(send(agentd.agent, { ...asked[0], approval_id: first?.approval_id }))).code).toBe(
    'agents_frozen',
  )
  expect(existsSync(path)).toBe(false)
  expect((await agentd.entries('&type=approval_void')).map(({ entry }) => entry.facts)).toEqual([
    { because: 'agents_frozen' },
    { because: 'agents_frozen' },
  ])
  // The very same call may be asked about again.
  expect(asPending(await send(agentd.agent, asked[0])).approval_id).not.toBe(first?.approval_id)
})

it('stays frozen across a restart, and the ledger tells of it once', async () => {
  const first = await TestAgentd.start()
  const { freeze } = await panic(first, 2)
  await first.stop()
  const again = await TestAgentd.start({ stateDir: first.stateDir })
  expect(await state(again)).toEqual({ freeze })
  expect((await refusal(again.call('test_echo'))).code).toBe('agents_frozen')
  const facts = { freeze: freeze?.id, level: 2, at: freeze?.at }
  expect(await frozenEntries(again)).toEqual([['agents_frozen', facts]])
  await thaw(again)
  expect((await frozenEntries(again)).map(([type]) => type)).toEqual(['agents_thawed', 'agents_frozen'])
})

it('finds at its start what was done while it was away, and puts it on record', async () => {
  const stateDir = temporaryState()
  const latch = new Latch(stateDir)
  await latch.set({ id: newId('frz'), level: 1, at: new Date().toISOString(), reason: 'agentd was dead' })
  await latch.clear('and it was nothing')
  const { id } = await latch.set({ id: newId('frz'), level: 1, at: new Date().toISOString(), reason: 'again' })
  const agentd = await TestAgentd.start({ stateDir })
  expect((await refusal(agentd.call('test_echo'))).code).toBe('agents_frozen')
  await until('the ledger has it', async () => (await frozenEntries(agentd)).length === 3)
  expect((await frozenEntries(agentd)).map(([type]) => type)).toEqual([
    'agents_frozen',
    'agents_thawed',
    'agents_frozen',
  ])
  expect(await state(agentd)).toMatchObject({ freeze: { id } })
  expect(await latch.notes()).toEqual([])
})

it('is frozen by the file alone, at once, and thawed when that is gone', async () => {
  const agentd = await TestAgentd.start()
  const running = agentd.call('test_endless', { ms: 60_000 })
  await until('it runs', async () => (await agentd.entries('&type=intent')).length === 1)
  const latch = new Latch(agentd.stateDir)
  mkdirSync(dirname(latch.file), { recursive: true })
  writeFileSync(latch.file, 'not even JSON')
  expect((await refusal(agentd.call('test_echo'))).code).toBe('agents_frozen')
  expect(asDone(await running)).toMatchObject({ error: { code: 'agents_frozen' } })
  rmSync(latch.file)
  await until('it is thawed', async () => (await state(agentd)).freeze === null)
  expect(asDone(await agentd.call('test_echo')).ok).toBe(true)
})

it('freezes although it cannot be written down, says so, and writes it when it can', async () => {
  const agentd = await TestAgentd.start()
  const folder = dirname(new Latch(agentd.stateDir).file)
  writeFileSync(folder, 'a file where a folder has to be')
  expect((await refusal(panic(agentd))).code).toBe('internal')
  expect((await refusal(agentd.call('test_echo'))).code).toBe('agents_frozen')
  rmSync(folder)
  await until('it is written', () => existsSync(join(folder, 'frozen.json')))
  await until('the ledger has it', async () => (await frozenEntries(agentd)).length === 1)
  expect((await refusal(agentd.call('test_echo'))).code).toBe('agents_frozen')
})

it.each([
  ['/v1/thaw', 'invalid_request'],
  ['/v1/panic', 'not_found'],
])('cannot be ended on the socket of agents without an operator’s signature: %s', async (path, code) => {
  const agentd = await TestAgentd.start()
  await panic(agentd)
  const error = await refusal(agentd.agent.request('POST', path, { body: {}, schema: FreezeState }))
  expect(error.code).toBe(code)
  expect((await state(agentd)).freeze).not.toBeNull()
})

it('tells whoever waits as soon as it changes, and in its health', async () => {
  const agentd = await TestAgentd.start()
  const waiting = state(agentd, '?known=none&wait=20')
  const { freeze } = await panic(agentd)
  expect(await waiting).toEqual({ freeze })
  const health = await agentd.agent.request('GET', '/v1/health', { schema: ProcessHealth })
  expect(health).toMatchObject({ state: 'degraded', detail: { frozen: { id: freeze?.id, level: 1 } } })
  const thawing = state(agentd, `?known=${freeze?.id}&wait=20`)
  await thaw(agentd)
  expect(await thawing).toEqual({ freeze: null })
  expect((await refusal(thaw(agentd))).code).toBe('conflict')
})

it('goes up to a higher level, each on record', async () => {
  const agentd = await TestAgentd.start()
  await panic(agentd, 1)
  expect((await panic(agentd, 2)).freeze?.level).toBe(2)
  expect((await panic(agentd, 1)).freeze?.level).toBe(2)
  expect((await frozenEntries(agentd)).map(([, facts]) => (facts as { level: number }).level)).toEqual([2, 2, 1])
  expect(JSON.parse(readFileSync(new Latch(agentd.stateDir).file, 'utf8')).level).toBe(2)
})

it('lets no call of an agent begin once a panic is answered, whatever is under way', async () => {
  const agentd = await TestAgentd.start()
  const path = join(agentd.stateDir, 'counted')
  for (let round = 0; round < 5; round++) {
    const calls = Array.from({ length: 24 }, async (_, i) => {
      if (i % 3 === 0)
        await thawedOrNot(agentd.call('test_echo', {}, { session: `ses_round${round}-${i}` as SessionId }))
      else
        await thawedOrNot(
          agentd.callApproved('test_count', { path }, { session: `ses_round${round}-${i}` as SessionId }),
        )
    })
    await until('some have begun', async () => (await agentd.entries('&type=intent')).length > round)
    await panic(agentd)
    const { size } = await agentd.operator.request('GET', '/v1/ledger/head', { schema: LedgerHead })
    await Promise.all(calls)
    const late = (await agentd.entries('&type=intent')).filter(({ entry }) => entry.index >= size)
    expect(late).toEqual([])
    expect((await agentd.entries()).filter(({ entry }) => entry.type === 'grant_spent' && entry.index >= size)).toEqual(
      [],
    )
    await thaw(agentd)
  }
  // What began has ended, and is on record as what it was.
  const [intents, outcomes] = await Promise.all(['intent', 'outcome'].map((type) => agentd.entries(`&type=${type}`)))
  expect(outcomes?.length).toBe(intents?.length)
})

/** A call that may be refused because agents are frozen, and for no other reason. */
async function thawedOrNot(call: Promise<unknown>): Promise<void> {
  await call.catch((error: unknown) => {
    if (!(error instanceof CastellanError) || error.code !== 'agents_frozen') throw error
  })
}
