import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { CallAnswer, type CastellanError, LedgerPage, newId } from '@castellan/contracts'
import { UnixClient } from '@castellan/daemon'
import { temporaryFolder, until } from '@castellan/testing'
import { expect, it } from 'vitest'
import { startAgentd } from './support/agentd.ts'
import { agentctl } from './support/cli.ts'

// biome-ignore lint/suspicious/noExplicitAny: what agentctl prints is looked at field by field.
async function run(state: string, ...args: string[]): Promise<{ code: number | null; out: any; err: string }> {
  const { code, stdout, stderr } = await agentctl([...args, '--json', '--state', state])
  return { code, out: stdout === '' ? undefined : JSON.parse(stdout), err: stderr }
}

const steps = (out: { steps: { step: string; state: string }[] }) =>
  Object.fromEntries(out.steps.map(({ step, state }) => [step, state]))

/** Calls a tool as an agent does. */
async function callAsAgent(state: string): Promise<string> {
  const agent = new UnixClient({
    socketPath: join(state, 'sockets/agent.sock'),
    unavailable: 'agentd_unavailable',
    peer: 'agentd',
  })
  const body = { call_id: newId('call'), session: newId('ses'), agent: 'main', tool: 'system_info', args: {} }
  try {
    const answer = await agent.request('POST', '/v1/calls', { body, schema: CallAnswer })
    return answer.status
  } catch (error) {
    return (error as CastellanError).code
  } finally {
    agent.close()
  }
}

async function emergencyEntries(state: string): Promise<string[]> {
  const operator = new UnixClient({
    socketPath: join(state, 'sockets/operator.sock'),
    unavailable: 'agentd_unavailable',
    peer: 'agentd',
  })
  const { records } = await operator.request('GET', '/v1/ledger/entries?limit=1000', { schema: LedgerPage })
  operator.close()
  return records.map(({ entry }) => entry.type).filter((type) => /^(agents|state)_/.test(type))
}

it('freezes through agentd and thaws, each on record, and says so in status', async () => {
  const { state } = await startAgentd()
  const frozen = await run(state, 'panic', '--reason', 'To look at it')
  expect(frozen, frozen.err).toMatchObject({
    code: 0,
    out: { ok: true, freeze: { level: 1, reason: 'To look at it' } },
  })
  expect(steps(frozen.out)).toEqual({ freeze: 'done', engine: 'done' })
  expect(await callAsAgent(state)).toBe('agents_frozen')
  const status = await agentctl(['status', '--state', state])
  expect(status.stdout).toContain('agents are frozen: To look at it. agentctl thaw lets them act again')
  expect((await run(state, 'thaw')).code).toBe(0)
  expect(await callAsAgent(state)).toBe('done')
  expect(await emergencyEntries(state)).toEqual(['agents_thawed', 'agents_frozen'])
  expect(await run(state, 'thaw')).toMatchObject({ code: 1, err: expect.stringContaining('"code":"conflict"') })
})

it('says at level 2 that this host has no switch to take back', async () => {
  const { state } = await startAgentd()
  const frozen = await run(state, 'panic', '2')
  expect(frozen, frozen.err).toMatchObject({ code: 0 })
  expect(steps(frozen.out)).toMatchObject({ freeze: 'done', rollback: 'unsupported' })
})

it('freezes and thaws with agentd dead, which finds it when it starts', async () => {
  const { state, stop } = await startAgentd()
  await stop()
  for (const args of [['panic'], ['thaw'], ['panic', '2']]) {
    const ran = await run(state, ...args)
    expect(ran, ran.err).toMatchObject({ code: 0, out: { ok: true } })
  }
  expect(JSON.parse(readFileSync(join(state, 'agentd/emergency/frozen.json'), 'utf8'))).toMatchObject({ level: 2 })
  await startAgentd({ state, ready: 'degraded' })
  expect(await callAsAgent(state)).toBe('agents_frozen')
  await until('it is on record', async () => (await emergencyEntries(state)).length === 3)
})

it('freezes past an agentd that hangs', async () => {
  const { state, stop, pid } = await startAgentd()
  process.kill(pid, 'SIGSTOP')
  const frozen = await run(state, 'panic')
  process.kill(pid, 'SIGCONT')
  expect(frozen, frozen.err).toMatchObject({ code: 0, out: { ok: true, freeze: { level: 1 } } })
  expect(frozen.out.steps[0].message).toContain('agentd does not answer')
  expect(await callAsAgent(state)).toBe('agents_frozen')
  await stop()
})

it('works in a state folder whose agentd never came up, and says what this host has nothing of', async () => {
  const state = join(temporaryFolder(), 'a state\nwith "odd" $(name)')
  expect(await run(state, 'panic')).toMatchObject({ code: 3, err: expect.stringContaining('nothing was stopped') })
  mkdirSync(join(state, 'agentd'), { recursive: true })
  const frozen = await run(state, 'panic', '2')
  expect(frozen, frozen.err).toMatchObject({ code: 0 })
  expect(steps(frozen.out)).toEqual({ freeze: 'done', engine: 'done', credentials: 'done', rollback: 'unsupported' })
  expect(frozen.out.steps.at(-1)).toMatchObject({ code: 'unsupported_host' })
})

it('refuses a level that there is not, and level 3 where nobody named the host or spoke of the ledger', async () => {
  const state = temporaryFolder()
  for (const args of [
    ['panic', '4'],
    ['panic', 'now'],
    ['panic', '3'],
    ['panic', '3', '--host-name', 'another', '--no-export'],
    ['panic', '3', '--host-name', hostname()],
  ]) {
    expect((await run(state, ...args)).code).toBe(2)
  }
  expect(readdirSync(state)).toEqual([])
})

it('wipes keys and stores at level 3, after the export and with the last checkpoint, and the next ledger tells', async () => {
  const { state, stop } = await startAgentd()
  expect(await callAsAgent(state)).toBe('done')
  await stop()
  const outside = join(temporaryFolder(), 'outside')
  writeFileSync(outside, 'not ours')
  mkdirSync(join(state, 'gateway'))
  symlinkSync(outside, join(state, 'gateway', 'link'))
  writeFileSync(join(state, 'workspace', 'kept'), 'the owner wrote this')
  writeFileSync(join(state, 'token'), 'cst_secret')
  const key = readFileSync(join(state, 'agentd/state.key'))
  const file = join(temporaryFolder(), 'ledger.ndjson')

  const wiped = await run(state, 'panic', '3', '--host-name', hostname(), '--export', file)
  expect(wiped, wiped.err).toMatchObject({ code: 0, out: { ok: true, freeze: { level: 3 } } })
  expect(wiped.out.steps.find(({ step }: { step: string }) => step === 'checkpoint').message).toContain('castellan/')
  for (const path of ['token', 'ledger', 'gateway', 'agentd/state.key', 'agentd/ledger-keys', 'agentd/memory.db']) {
    expect(existsSync(join(state, path)), path).toBe(false)
  }
  expect(readFileSync(outside, 'utf8')).toBe('not ours')
  expect(readFileSync(join(state, 'workspace', 'kept'), 'utf8')).toBe('the owner wrote this')
  expect((await agentctl(['verify-ledger', '--export', file])).code).toBe(0)

  await startAgentd({ state, ready: 'degraded' })
  expect(readFileSync(join(state, 'agentd/state.key'))).not.toEqual(key)
  expect(await callAsAgent(state)).toBe('agents_frozen')
  await until('it is on record', async () => (await emergencyEntries(state)).includes('state_wiped'))
  const shown = await agentctl(['ledger', 'tail', '--json', '--state', state])
  expect(shown.stdout).toContain('state_wiped')
  expect((await run(state, 'thaw')).code).toBe(0)
})

it('wipes nothing under an agentd that still runs', async () => {
  const { state } = await startAgentd()
  const ran = await run(state, 'panic', '3', '--host-name', hostname(), '--no-export')
  expect(ran).toMatchObject({ code: 1, out: { ok: false } })
  expect(steps(ran.out)).toMatchObject({ freeze: 'done', stop: 'failed' })
  expect(existsSync(join(state, 'agentd/state.key'))).toBe(true)
})

it('wipes nothing where the export cannot be written', async () => {
  const { state, stop } = await startAgentd()
  await stop()
  const file = join(temporaryFolder(), 'there')
  writeFileSync(file, 'something else')
  const ran = await run(state, 'panic', '3', '--host-name', hostname(), '--export', file)
  expect(ran).toMatchObject({ code: 1, out: { ok: false } })
  expect(steps(ran.out)).toMatchObject({ freeze: 'done', stop: 'done', export: 'failed' })
  expect(existsSync(join(state, 'agentd/state.key'))).toBe(true)
  expect(readFileSync(file, 'utf8')).toBe('something else')
})
