import { generateKeyPairSync } from 'node:crypto'
import { join } from 'node:path'
import { PolicyTrial } from '@castellan/contracts'
import { expect, test } from 'vitest'
import { peopleWanted } from '../../src/policy/people.ts'
import { PolicyKeeper } from '../../src/policy/policy-keeper.ts'
import { readRules } from '../../src/policy/read-rules.ts'
import { Trials } from '../../src/policy/trial/trials.ts'
import { tools } from '../../src/tools/index.ts'
import { asDone, asPending, refusal, TestAgentd } from '../support/agentd.ts'
import { digestOf, enrol, tryDraft, viewOf, wordOf, writeRules } from '../support/policy.ts'

const note = { path: 'notes.txt', content: 'nobody else reads this', mode: 'overwrite' }
const free = `@id("notes-are-free")
@reason("Notes are mine to write.")
permit (principal is Agent, action == Action::"file_write", resource is Path);
`

test('a draft is compared with what is in force over the calls on record, and nothing of it stays', async () => {
  const agentd = await TestAgentd.start({ tools })
  const key = await enrol(agentd)
  asDone(await agentd.callApproved('file_write', note))
  asPending(await agentd.call('file_write', { ...note, path: 'other.txt' }))
  asDone(await agentd.call('memory_usage'))
  const before = await agentd.entries()

  const trial = await tryDraft(agentd, 'mine.cedar', free, key)
  expect(trial).toMatchObject({
    ok: true,
    problems: [],
    rules: { added: ['notes-are-free'], changed: [], removed: [] },
  })
  expect(trial.becomes).not.toBe(trial.policy_digest)
  expect(trial.calls).toMatchObject({ asked: 3, changed: 2 })
  expect(trial.calls?.differences[0]).toMatchObject({
    tool: 'file_write',
    caller: 'agent',
    agent: 'main',
    mode: 'assist',
    before: { decision: 'ask', rule: 'agents-ask-to-change' },
    after: { decision: 'allow', rule: 'notes-are-free' },
  })
  expect(trial.kinds.differences.some(({ tools: names }) => names.includes('file_write'))).toBe(true)
  // What was in the calls stays with agentd.
  expect(JSON.stringify(trial)).not.toMatch(/nobody else reads|notes\.txt|other\.txt/)

  expect((await viewOf(agentd)).digest).toBe(trial.policy_digest)
  expect(await agentd.entries()).toEqual(before)
  asPending(await agentd.call('file_write', { ...note, path: 'third.txt' }))
})

test('without an operator’s word no rule is held against what was in recorded calls', async () => {
  const agentd = await TestAgentd.start({ tools })
  asDone(await agentd.callApproved('file_write', note))
  // Rules that ask after an argument would read it out, one question at a time.
  const asks =
    '@id("ask") forbid (principal, action == Action::"file_write", resource) when { context.args.content like "nobody*" };'
  const trial = await tryDraft(agentd, 'mine.cedar', asks)
  expect(trial).toMatchObject({ ok: true, calls: null })
  expect(trial.kinds).toMatchObject({ changed: 0, differences: [] })
})

test('an operator’s word opens recorded calls for one draft, once, and only the one it is about', async () => {
  const agentd = await TestAgentd.start({ tools })
  const key = await enrol(agentd)
  const stranger = { ...key, secret: generateKeyPairSync('ed25519').privateKey }
  expect((await refusal(tryDraft(agentd, 'mine.cedar', free, stranger))).code).toBe('signature_invalid')
  const send = (body: unknown) =>
    agentd.agent.request('POST', '/v1/policy/trial', { body, schema: PolicyTrial, timeoutMs: 90_000 })
  const word = wordOf(key, await viewOf(agentd), { act: 'try', about: 'mine.cedar', after: digestOf(free) })
  for (const [file, text] of [
    ['mine.cedar', `${free} `],
    ['other.cedar', free],
    ['mine.cedar', null],
  ]) {
    expect((await refusal(send({ file, text, word }))).code).toBe('signature_invalid')
  }
  expect((await send({ file: 'mine.cedar', text: free, word })).calls).toEqual({
    asked: 0,
    changed: 0,
    differences: [],
  })
  expect((await refusal(send({ file: 'mine.cedar', text: free, word }))).code).toBe('signature_invalid')
})

test('what is wrong with a draft is told with its line, and no part of it is judged', async () => {
  const agentd = await TestAgentd.start({ tools })
  const trial = await tryDraft(
    agentd,
    'mine.cedar',
    `${free}\n@id("bad")\npermit (principal, action == Action::"file_writ", resource);`,
  )
  expect(trial).toMatchObject({ ok: false, problems: [{ file: 'mine.cedar', line: 5 }] })
  expect(trial.problems[0]?.message).toMatch(/file_write/)
  expect(trial.becomes).toBeUndefined()
  const garbled = await tryDraft(agentd, 'mine.cedar', 'permit everything;')
  expect(garbled).toMatchObject({ ok: false, problems: [{ file: 'mine.cedar' }] })
})

test('the owner’s own tests are run against the draft, and a draft of tests against the rules', async () => {
  const agentd = await TestAgentd.start({ tools })
  const one = { name: 'notes are free', tool: 'file_write', args: note, expect: 'allow' }
  writeRules(agentd.stateDir, 'mine.test.json', JSON.stringify({ tests: [one] }))
  expect((await tryDraft(agentd, 'mine.cedar', free)).tests).toEqual({ passed: 1, failed: [] })
  const failing = await tryDraft(agentd, 'other.cedar', '// Nothing yet.')
  expect(failing.ok).toBe(false)
  expect(failing.tests).toMatchObject({ passed: 0, failed: [{ file: 'mine.test.json', name: 'notes are free' }] })
  const asking = await tryDraft(
    agentd,
    'mine.test.json',
    JSON.stringify({ tests: [{ ...one, expect: 'ask', approvals: 1 }] }),
  )
  expect(asking).toMatchObject({ ok: true, tests: { passed: 1 }, calls: null })
  const unknown = await tryDraft(agentd, 'mine.test.json', JSON.stringify({ tests: [{ ...one, tool: 'no_such' }] }))
  expect(unknown.tests.failed[0]?.problem).toMatch(/no_such/)
})

test('a draft that denies everything to everybody says so, and a second person is asked for where it wants two', async () => {
  const agentd = await TestAgentd.start({ tools })
  const nothing = await tryDraft(agentd, 'mine.cedar', '@id("nothing") forbid (principal, action, resource);')
  expect(nothing.ok).toBe(true)
  expect(nothing.warnings.join(' ')).toMatch(/denies calls to the operator/)
  const two = await tryDraft(
    agentd,
    'mine.cedar',
    '@id("two") forbid (principal is Agent, action in Action::"destroy", resource) unless { context.approvals >= 2 };',
  )
  expect(two.warnings.join(' ')).toMatch(/no single signature changes the policy/)
  const own = await tryDraft(
    agentd,
    'mine.cedar',
    '@id("agents-read") forbid (principal is Agent, action in Action::"read", resource);',
  )
  expect(own.rules.changed).toEqual(['agents-read'])
  expect(own.warnings.join(' ')).toMatch(/takes the place of rules that come with Castellan: agents-read/)
})

test('what is too large, too deep or no file of the policy’s is refused and holds nobody up', async () => {
  const agentd = await TestAgentd.start({ tools })
  const huge = refusal(tryDraft(agentd, 'mine.cedar', 'x'.repeat(10 * 1024 * 1024)))
  expect((await huge).code).toBe('body_too_large')
  expect((await refusal(tryDraft(agentd, 'mine.cedar', 'é'.repeat(400_000)))).code).toBe('body_too_large')
  for (const file of ['../mine.cedar', 'default.cedar', 'mine.txt', '.mine.cedar', 'a/b.cedar', 'mine.cedar\n']) {
    expect([file, (await refusal(tryDraft(agentd, file, free))).code]).toEqual([file, 'invalid_request'])
  }
  const deep = `@id("deep") permit (principal, action, resource) when { ${'('.repeat(60_000)}true${')'.repeat(60_000)} };`
  const judged = await tryDraft(agentd, 'mine.cedar', deep).catch((error: { code: string }) => error)
  expect('code' in judged ? judged.code : judged.ok).toBe('code' in judged ? 'policy_invalid' : false)
  // agentd itself was never near it.
  expect((await viewOf(agentd)).state).toBe('ok')
  asPending(await agentd.call('file_write', note))
})

test('a draft that takes too long is given up, and the next one is judged', async () => {
  const agentd = await TestAgentd.start({ tools })
  const folder = join(agentd.stateDir, 'policy')
  const log = { error: () => undefined, info: () => undefined } as never
  const ledger = { append: async () => 0 as never, query: async () => ({ records: [], more: false }) }
  const keeper = await PolicyKeeper.open({ folder, tools: () => tools, ledger, log })
  const parts = {
    keeper,
    ledger,
    registry: { tools: () => tools } as never,
    host: () => ({}) as never,
    sessions: {} as never,
  }
  const options = { calls: false, kinds: true, signal: new AbortController().signal }
  const draft = { file: 'mine.cedar', text: free } as never
  const error = await refusal(new Trials({ ...parts, ms: 1 }).try(draft, options))
  expect(error.code).toBe('policy_invalid')
  expect(error.message).toMatch(/took longer than 0\.001 s/)
  const trials = new Trials(parts)
  expect((await trials.try(draft, options)).ok).toBe(true)

  // Whoever goes away is not waited for, and a crowd is turned away.
  const gone = new AbortController()
  const left = trials.try(draft, { ...options, signal: gone.signal })
  gone.abort(new Error('gone'))
  await expect(left).rejects.toThrow('gone')
  const crowd = await Promise.allSettled(Array.from({ length: 6 }, () => trials.try(draft, options)))
  const refused = crowd.filter(({ status }) => status === 'rejected')
  expect(refused.map((one) => (one as { reason: { code: string } }).reason.code)).toEqual(['busy', 'busy'])
})

test.each([
  ['permit (principal, action, resource) when { context.approvals >= 1 };', 1],
  ['permit (principal, action, resource) when { context.approvals > 0 };', 1],
  ['permit (principal, action, resource) when { 1 <= context.approvals };', 1],
  ['forbid (principal, action, resource) unless { context.approvals >= 2 };', 2],
  ['forbid (principal, action, resource) when { context.approvals < 2 && context.mode == "assist" };', 2],
  ['permit (principal, action, resource) when { 1 < context.approvals };', 2],
  ['permit (principal, action, resource) when { context.approvals == 2 };', 2],
  ['permit (principal, action, resource) when { [2].contains(context.approvals) };', 2],
  ['permit (principal, action, resource) when { context["approvals"] + 0 > 1 };', 2],
  ['permit (principal, action, resource) when { context.left has steps && context.left.steps > 1 };', 1],
])('%s wants %i', (text, people) => {
  const rules = readRules([{ name: 'a.cedar', text: `@id("a") ${text}` }], tools, { validated: false })
  expect(peopleWanted(rules)).toBe(people)
})

test('agentctl’s root asks without a word, with what is on record', async () => {
  const agentd = await TestAgentd.start({ tools })
  asDone(await agentd.callApproved('file_write', note))
  const body = { file: 'mine.cedar', text: free }
  const trial = await agentd.operator.request('POST', '/v1/policy/trial', {
    body,
    schema: PolicyTrial,
    timeoutMs: 90_000,
  })
  expect(trial.calls).toMatchObject({ asked: 1, changed: 1 })
})
