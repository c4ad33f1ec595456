import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PolicyExplanation, PolicyStatus, PolicyView, ProcessHealth } from '@castellan/contracts'
import { expect, test } from 'vitest'
import { tools } from '../../src/tools/index.ts'
import { asDone, asPending, refusal, request, send, TestAgentd, temporaryState } from '../support/agentd.ts'

const note = { path: 'notes.txt', content: 'x', mode: 'overwrite' }
const free = `@id("notes-are-free")
@reason("Notes are mine to write.")
permit (principal is Agent, action == Action::"file_write", resource is Path);
`

const status = (agentd: TestAgentd) => agentd.operator.request('GET', '/v1/policy', { schema: PolicyView })
const reload = (agentd: TestAgentd) => agentd.operator.request('POST', '/v1/policy/reload', { schema: PolicyStatus })
const health = (agentd: TestAgentd) => agentd.agent.request('GET', '/v1/health', { schema: ProcessHealth })

function write(stateDir: string, name: string, text: string): string {
  mkdirSync(join(stateDir, 'policy'), { recursive: true, mode: 0o700 })
  writeFileSync(join(stateDir, 'policy', name), text, { mode: 0o600 })
  return join(stateDir, 'policy', name)
}

test('the default rules are in force from the start, and that is on record with their digest', async () => {
  const agentd = await TestAgentd.start({ tools })
  const { digest, state, rules } = await status(agentd)
  expect(state).toBe('ok')
  const [loaded] = await agentd.entries('&type=policy_loaded')
  expect(loaded?.entry).toMatchObject({
    actor: { kind: 'system' },
    facts: { policy_digest: digest, rules: rules.length },
  })
  asPending(await agentd.call('file_write', note))
  const [asked] = await agentd.entries('&type=approval_requested')
  expect(asked?.entry.facts?.policy_digest).toBe(digest)
})

test('what the owner wrote is in force once it is loaded, and the load is on record', async () => {
  const agentd = await TestAgentd.start({ tools })
  const waiting = asPending(await agentd.call('file_write', note))
  write(agentd.stateDir, 'mine.cedar', free)
  asPending(await agentd.call('file_write', note))
  const { digest } = await reload(agentd)
  expect(asDone(await agentd.call('file_write', note)).ok).toBe(true)
  const [loaded] = await agentd.entries('&type=policy_loaded')
  expect(loaded?.entry).toMatchObject({ actor: { kind: 'operator' }, facts: { policy_digest: digest } })
  // A question of the policy before holds no longer.
  expect((await refusal(agentd.decide(waiting.approval_id, 'approve'))).code).toBe('approval_stale')
})

test('a yes that was given under another policy is not spent', async () => {
  const agentd = await TestAgentd.start({ tools })
  const asked = request('file_write', note)
  const { approval_id } = asPending(await send(agentd.agent, asked))
  await agentd.decide(approval_id, 'approve')
  write(agentd.stateDir, 'mine.cedar', '@id("x") permit (principal == Agent::"other", action, resource);')
  await reload(agentd)
  expect((await refusal(send(agentd.agent, { ...asked, approval_id }))).code).toMatch(/approval_(stale|mismatch)/)
})

test('a bad file leaves the policy as it was and says why', async () => {
  const agentd = await TestAgentd.start({ tools })
  write(agentd.stateDir, 'mine.cedar', free)
  const { digest } = await reload(agentd)
  const path = write(
    agentd.stateDir,
    'bad.cedar',
    '\n@id("bad") permit (principal, action == Action::"file_writ", resource);',
  )
  const error = await refusal(reload(agentd))
  expect(error.code).toBe('policy_invalid')
  expect(error.message).toMatch(/bad\.cedar:2: .*file_write.*stays in force/)
  expect(await status(agentd)).toMatchObject({
    digest,
    state: 'stale',
    problems: [expect.stringMatching(/bad\.cedar:2/)],
  })
  expect(await health(agentd)).toMatchObject({ state: 'degraded', detail: { policy: { state: 'stale' } } })
  expect(asDone(await agentd.call('file_write', note)).ok).toBe(true)
  expect(await agentd.entries('&type=policy_loaded')).toHaveLength(2)

  rmSync(path)
  expect((await reload(agentd)).state).toBe('ok')
  expect((await health(agentd)).state).toBe('ready')
})

test.each([
  ['a file that makes no sense', (path: string) => writeFileSync(path, 'permit everything;')],
  ['a file that others can write', (path: string) => chmodSync(path, 0o666)],
])('at the start %s lets nothing but reading happen until it is right', async (_, spoil) => {
  const stateDir = temporaryState()
  spoil(write(stateDir, 'mine.cedar', free))
  const agentd = await TestAgentd.start({ tools, stateDir })
  expect(await health(agentd)).toMatchObject({ state: 'degraded', detail: { policy: { state: 'restricted' } } })
  expect(asDone(await agentd.call('memory_usage')).ok).toBe(true)
  const error = await refusal(agentd.call('file_write', note))
  expect(error.code).toBe('policy_denied')
  expect(error.message).toMatch(/could not be read/)
  expect(asDone(await agentd.operate('file_write', note)).ok).toBe(true)

  write(stateDir, 'mine.cedar', free)
  chmodSync(join(stateDir, 'policy/mine.cedar'), 0o600)
  expect((await reload(agentd)).state).toBe('ok')
  expect(asDone(await agentd.call('file_write', note)).ok).toBe(true)
})

test('without a signed word policy is changed over operator.sock alone', async () => {
  const agentd = await TestAgentd.start({ tools })
  for (const [method, path] of [
    ['POST', '/v1/policy/reload'],
    ['GET', '/v1/policy/calls'],
    ['DELETE', '/v1/policy/rules/agents-read'],
  ] as const) {
    expect((await refusal(agentd.agent.request(method, path, { schema: PolicyStatus }))).code).toBe('not_found')
  }
  for (const path of ['/v1/policy/change', '/v1/policy/revocation']) {
    const unsigned = agentd.agent.request('POST', path, { body: {}, schema: PolicyStatus })
    expect((await refusal(unsigned)).code).toBe('invalid_request')
  }
  const path = write(agentd.stateDir, 'mine.cedar', free)
  expect(await agentd.operate('file_read', { path })).toMatchObject({
    ok: false,
    error: { code: 'path_outside_roots' },
  })
})

test('a rule that was not made by saying always is not revoked', async () => {
  const agentd = await TestAgentd.start({ tools })
  write(agentd.stateDir, 'mine.cedar', free)
  const gone = agentd.operator.request('DELETE', '/v1/policy/rules/notes-are-free', { schema: PolicyStatus })
  expect((await refusal(gone)).code).toBe('not_found')
  expect(readFileSync(join(agentd.stateDir, 'policy/mine.cedar'), 'utf8')).toBe(free)
})

test('explaining tells the decision without making the call, to the operator and to agents', async () => {
  const agentd = await TestAgentd.start({ tools })
  const body = { tool: 'file_write', args: note, mode: 'observe' }
  const told = await agentd.operator.request('POST', '/v1/policy/explain', { body, schema: PolicyExplanation })
  expect(told).toMatchObject({ decision: 'deny', rule: 'observe-only-reads' })
  expect(told.otherwise).toContainEqual({ if: 'the mode were assist', decision: 'ask', rule: 'agents-ask-to-change' })

  const outcome = asDone(await agentd.call('policy_explain', { tool: 'file_write', args: note }))
  expect(outcome.result).toMatchObject({ decision: 'ask', rule: 'agents-ask-to-change', mode: 'assist' })
  expect(outcome.summary).toBe(
    'Policy asks a person about file_write (rule agents-ask-to-change): This changes the machine, so a person has to agree.',
  )
  const unknown = await agentd.call('policy_explain', { tool: 'file_writ' })
  expect(unknown).toMatchObject({ ok: false, error: { code: 'unknown_tool' } })
  expect(await agentd.entries('&type=approval_requested')).toEqual([])
})

test('a caller can hold a call to a narrower mode, and never to a wider one', async () => {
  const agentd = await TestAgentd.start({ tools })
  expect((await refusal(agentd.call('file_write', note, { mode: 'observe' }))).code).toBe('policy_denied')
  asPending(await agentd.call('file_write', note, { mode: 'operate' }))
  await agentd.operator.request('POST', '/v1/sessions/mode', {
    body: { for: 'all', mode: 'operate' },
    schema: anything,
  })
  expect(asDone(await agentd.call('file_write', note)).ok).toBe(true)
  asPending(await agentd.call('file_write', { ...note, mode: 'append' }, { mode: 'assist' }))
})

const anything = PolicyStatus.partial().loose()
