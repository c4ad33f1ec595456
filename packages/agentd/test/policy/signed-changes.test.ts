import { createHmac } from 'node:crypto'
import { chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Approval, PolicyVersions, PolicyView, policyStatement } from '@castellan/contracts'
import { expect, test } from 'vitest'
import { tools } from '../../src/tools/index.ts'
import { asDone, asPending, OWNER_TOKEN, refusal, TestAgentd, temporaryState } from '../support/agentd.ts'
import { changeOf, digestOf, enrol, saveDraft, sendChange, viewOf, wordOf, writeRules } from '../support/policy.ts'

const note = { path: 'notes.txt', content: 'x', mode: 'overwrite' }
const free = `// Notes, and why.
@id("notes-are-free")
@reason("Notes are mine to write.")
permit (principal is Agent, action == Action::"file_write", resource is Path);
`

const read = (agentd: TestAgentd, name: string) => readFileSync(join(agentd.stateDir, 'policy', name), 'utf8')

test('an operator’s signature puts a file in force, and the ledger says so before and whose word it was', async () => {
  const agentd = await TestAgentd.start({ tools })
  const key = await enrol(agentd)
  const waiting = asPending(await agentd.call('file_write', { ...note, path: 'before.txt' }))
  const view = await saveDraft(agentd, key, 'mine.cedar', free)
  expect(view.rules.map(({ id }) => id)).toContain('notes-are-free')
  expect(view.files).toEqual([{ name: 'mine.cedar', text: free, sha256: digestOf(free) }])
  expect(read(agentd, 'mine.cedar')).toBe(free)
  expect(asDone(await agentd.call('file_write', note)).ok).toBe(true)
  // What was asked under the policy before is void.
  expect((await refusal(agentd.decide(waiting.approval_id, 'approve'))).code).toBe('approval_stale')

  const [loaded] = await agentd.entries('&type=policy_loaded')
  const [changed] = await agentd.entries('&type=policy_changed')
  expect(changed?.entry).toMatchObject({
    actor: { kind: 'operator', name: 'laptop' },
    facts: { file: 'mine.cedar', change: 'added', key_id: key.key_id, after: digestOf(free), becomes: view.digest },
  })
  expect(changed?.payload).toMatchObject({ summary: 'mine.cedar is added: added notes-are-free.', text: free })
  expect(loaded?.entry).toMatchObject({ index: view.loaded_entry, actor: { kind: 'operator', name: 'laptop' } })
  expect(changed?.entry.index).toBeLessThan(loaded?.entry.index ?? 0)
})

test('a statement serves once, and never again after the policy came back, agentd started anew, or both', async () => {
  const stateDir = temporaryState()
  let agentd = await TestAgentd.start({ tools, stateDir })
  const key = await enrol(agentd)
  const change = await changeOf(agentd, key, 'mine.cedar', free)
  await sendChange(agentd, change)
  expect((await refusal(sendChange(agentd, change))).code).toBe('conflict')
  const { digest } = await saveDraft(agentd, key, 'mine.cedar', null)
  expect(digest).toBe(change.word.policy)
  expect((await refusal(sendChange(agentd, change))).code).toBe('conflict')
  await agentd.stop()
  agentd = await TestAgentd.start({ tools, stateDir })
  const again = await viewOf(agentd)
  expect(again.digest).toBe(change.word.policy)
  expect((await refusal(sendChange(agentd, change))).code).toBe('conflict')
  // Nor does it when the carrier puts the loading of today into it.
  const bent = { ...change, word: { ...change.word, loaded: again.loaded_entry } }
  expect((await refusal(sendChange(agentd, bent))).code).toBe('signature_invalid')
  expect((await viewOf(agentd)).rules.map(({ id }) => id)).not.toContain('notes-are-free')
})

test('nothing of a statement can be another than was signed', async () => {
  const agentd = await TestAgentd.start({ tools })
  const key = await enrol(agentd)
  writeRules(agentd.stateDir, 'other.cedar', '// Mine.\n')
  const change = await changeOf(agentd, key, 'mine.cedar', free)
  const wider = free.replace('Action::"file_write"', 'Action::"command_run"')
  const bent: [string, unknown, string][] = [
    ['another text', { ...change, text: wider }, 'signature_invalid'],
    ['another file', { ...change, file: 'other.cedar' }, 'signature_invalid'],
    ['no file any more', { ...change, text: null }, 'signature_invalid'],
    ['another result', { ...change, becomes: digestOf('x') }, 'signature_invalid'],
    ['another file before', { ...change, before: digestOf('x') }, 'signature_invalid'],
    [
      'another time',
      { ...change, word: { ...change.word, at: new Date(Date.now() + 1000).toISOString() } },
      'signature_invalid',
    ],
    ['another policy', { ...change, word: { ...change.word, policy: digestOf('x') } }, 'conflict'],
    ['another loading', { ...change, word: { ...change.word, loaded: 0 } }, 'conflict'],
  ]
  for (const [what, body, code] of bent)
    expect([what, (await refusal(sendChange(agentd, body))).code]).toEqual([what, code])
  // A signature to try is none to save.
  const { file, before, becomes, text } = change
  const tried = wordOf(key, await viewOf(agentd), { act: 'try', about: file, before, after: digestOf(text), becomes })
  expect((await refusal(sendChange(agentd, { ...change, word: tried }))).code).toBe('signature_invalid')
  const late = new Date(Date.now() - 6 * 60_000).toISOString()
  const old = wordOf(key, await viewOf(agentd), {
    act: 'save',
    about: file,
    before,
    after: digestOf(text),
    becomes,
    at: late,
  })
  expect((await refusal(sendChange(agentd, { ...change, word: old }))).code).toBe('signature_invalid')
  expect(await agentd.entries('&type=policy_changed')).toEqual([])
  await sendChange(agentd, change)
})

test('nobody else’s key, no revoked one and not the owner’s token changes the policy', async () => {
  const agentd = await TestAgentd.start({ tools })
  const [key, gone] = [await enrol(agentd), await enrol(agentd, 'lost')]
  const stranger = await enrol(agentd, 'stranger')
  const forged = await changeOf(agentd, { ...key, secret: stranger.secret }, 'mine.cedar', free)
  expect((await refusal(sendChange(agentd, forged))).code).toBe('signature_invalid')
  const lost = await changeOf(agentd, gone, 'mine.cedar', free)
  await agentd.operator.request('DELETE', `/v1/operators/${gone.key_id}`, { schema: PolicyView.partial().loose() })
  expect((await refusal(sendChange(agentd, lost))).code).toBe('operator_unknown')
  const change = await changeOf(agentd, key, 'mine.cedar', free)
  const { policy, loaded, at } = change.word
  const { before, becomes } = change
  const signed = policyStatement({
    act: 'save',
    about: 'mine.cedar',
    before,
    after: digestOf(free),
    becomes,
    policy,
    loaded,
    at,
  })
  const mac = createHmac('sha256', OWNER_TOKEN).update(signed).digest('hex')
  const byToken = { ...change, word: { policy, loaded, at, proof: { kind: 'owner_token', mac } } }
  expect((await refusal(sendChange(agentd, byToken))).code).toBe('forbidden')
  expect((await viewOf(agentd)).files).toEqual([])
})

test('what does not check, fails a test or becomes another policy is not saved, and the old file stays', async () => {
  const agentd = await TestAgentd.start({ tools })
  const key = await enrol(agentd)
  await saveDraft(agentd, key, 'mine.cedar', free)
  const expectation = { name: 'notes are free', tool: 'file_write', args: note, expect: 'allow' }
  await saveDraft(agentd, key, 'mine.test.json', JSON.stringify({ tests: [expectation] }))
  const broken = await refusal(saveDraft(agentd, key, 'mine.cedar', 'permit everything;'))
  expect(broken.code).toBe('policy_invalid')
  expect(broken.message).toMatch(/mine\.cedar.*Nothing was saved/)
  const failing = await refusal(saveDraft(agentd, key, 'mine.cedar', null))
  expect(failing.message).toMatch(/the test "notes are free" fails: expected allow, got ask/)
  const view = await viewOf(agentd)
  // Somebody changed another file meanwhile: what would come into force is not what was tried.
  const change = await changeOf(agentd, key, 'mine.cedar', `${free}// More.\n`)
  writeRules(agentd.stateDir, 'second.cedar', '@id("second") forbid (principal == Agent::"x", action, resource);')
  expect((await refusal(sendChange(agentd, change))).code).toBe('conflict')
  // The same for the file itself.
  writeRules(agentd.stateDir, 'second.cedar', '// Nothing.')
  const own = await changeOf(agentd, key, 'mine.cedar', `${free}// More.\n`)
  writeRules(agentd.stateDir, 'mine.cedar', `${free}// Root was here.\n`)
  expect((await refusal(sendChange(agentd, own))).code).toBe('conflict')
  expect(await viewOf(agentd)).toMatchObject({ digest: view.digest, state: 'ok', problems: [] })
  expect(asDone(await agentd.call('file_write', note)).ok).toBe(true)
})

test('of two changes at once one is made, and the other is told to look again', async () => {
  const agentd = await TestAgentd.start({ tools })
  const key = await enrol(agentd)
  const one = await changeOf(agentd, key, 'one.cedar', free)
  const other = await changeOf(agentd, key, 'other.cedar', free.replace('notes-are-free', 'notes-are-mine'))
  const results = await Promise.allSettled([sendChange(agentd, one), sendChange(agentd, other)])
  expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  const lost = results.find(({ status }) => status === 'rejected') as PromiseRejectedResult
  expect(lost.reason).toMatchObject({ code: 'conflict' })
  expect((await viewOf(agentd)).files).toHaveLength(1)
})

test('the file before can be read again and put back, also one that forbade everything to everybody', async () => {
  const agentd = await TestAgentd.start({ tools })
  const key = await enrol(agentd)
  await saveDraft(agentd, key, 'mine.cedar', free)
  await saveDraft(agentd, key, 'mine.cedar', '@id("nothing") forbid (principal, action, resource);')
  expect((await refusal(agentd.operate('memory_usage'))).code).toBe('policy_denied')
  const { versions } = await agentd.agent.request('GET', '/v1/policy/versions?file=mine.cedar', {
    schema: PolicyVersions,
  })
  expect(versions).toMatchObject([{ text: free, sha256: digestOf(free) }])
  await saveDraft(agentd, key, 'mine.cedar', versions[0]?.text ?? '')
  expect(asDone(await agentd.operate('memory_usage')).ok).toBe(true)
  expect(readdirSync(join(agentd.stateDir, 'policy')).toSorted()).toEqual(['.before', 'mine.cedar'])
})

test('a file that kept agentd restricted or stale is mended by a signed word', async () => {
  const stateDir = temporaryState()
  writeRules(stateDir, 'mine.cedar', 'permit everything;')
  const agentd = await TestAgentd.start({ tools, stateDir })
  const key = await enrol(agentd)
  expect(await viewOf(agentd)).toMatchObject({ state: 'restricted', files: [{ text: 'permit everything;' }] })
  expect(await saveDraft(agentd, key, 'mine.cedar', free)).toMatchObject({ state: 'ok', problems: [] })
  writeRules(stateDir, 'mine.cedar', 'nonsense')
  const reload = agentd.operator.request('POST', '/v1/policy/reload', { schema: PolicyView })
  expect((await refusal(reload)).code).toBe('policy_invalid')
  expect((await viewOf(agentd)).state).toBe('stale')
  // A change that comes to nothing leaves it as stale as it was.
  expect((await refusal(saveDraft(agentd, key, 'other.cedar', '// Nothing.'))).code).toBe('policy_invalid')
  expect(await viewOf(agentd)).toMatchObject({ state: 'stale', problems: [expect.stringMatching(/mine\.cedar:1/)] })
  expect((await saveDraft(agentd, key, 'mine.cedar', null)).state).toBe('ok')
})

test('what was saved by a signed word is no sign of a break-in, nor are the texts that are kept', async () => {
  const agentd = await TestAgentd.start({ tools })
  const key = await enrol(agentd)
  writeRules(agentd.stateDir, 'other.cedar', '// Mine.')
  asDone(await agentd.operate('integrity_baseline'))
  await saveDraft(agentd, key, 'mine.cedar', free)
  await saveDraft(agentd, key, 'mine.cedar', `${free}// More.`)
  const folder = join(agentd.stateDir, 'policy')
  const { result } = asDone(await agentd.operate('integrity_status'))
  const { differences } = result as { readonly differences: readonly { readonly path: string }[] }
  expect(differences.filter(({ path }) => path.startsWith(folder))).toEqual([])
})

test('a rule of always ends by a signed word, and no other rule does', async () => {
  const agentd = await TestAgentd.start({ tools })
  const key = await enrol(agentd)
  const asked = asPending(await agentd.call('file_write', note))
  await agentd.operator.request('POST', `/v1/approvals/${asked.approval_id}/decision`, {
    body: { verdict: 'always' },
    schema: Approval,
  })
  const view = await viewOf(agentd)
  const rule = view.rules.find(({ always }) => always)?.id ?? ''
  const revoke = (id: string, over = view) => {
    const body = { rule: id, word: wordOf(key, over, { act: 'revoke', about: id }) }
    return agentd.agent.request('POST', '/v1/policy/revocation', { body, schema: PolicyView })
  }
  expect((await refusal(revoke('agents-read'))).code).toBe('not_found')
  const after = await revoke(rule)
  expect(after.rules.some(({ always }) => always)).toBe(false)
  asPending(await agentd.call('file_write', note))
  expect((await refusal(revoke(rule))).code).toBe('conflict')
  const [changed] = await agentd.entries('&type=policy_changed')
  expect(changed?.entry.facts).toMatchObject({ change: 'revoked', rule })
})

test('a signed word takes out what "always" allowed and nothing that holds back, also in that file', async () => {
  const stateDir = temporaryState()
  const made =
    '@id("made") permit (principal == Agent::"main", action == Action::"file_write", resource == Path::"/nowhere/x");'
  const others = [
    '// @id("made") is below, @id("made")',
    '@id("guard") @reason("Not what @id(made) says.") forbid (principal is Agent, action == Action::"file_delete", resource);',
    // In the place of the built-in rule of that name, which permits more.
    '@id("agents-read") permit (principal == Agent::"nobody", action, resource) when { // @id("made")\ntrue };',
  ].join('\n')
  writeRules(stateDir, 'always.cedar', `${others}\n${made}\n`)
  const agentd = await TestAgentd.start({ tools, stateDir })
  const key = await enrol(agentd)
  const view = await viewOf(agentd)
  const revoke = (rule: string) => {
    const body = { rule, word: wordOf(key, view, { act: 'revoke', about: rule }) }
    return agentd.agent.request('POST', '/v1/policy/revocation', { body, schema: PolicyView })
  }
  for (const rule of ['guard', 'agents-read'])
    expect([rule, (await refusal(revoke(rule))).code]).toEqual([rule, 'not_found'])
  expect((await revoke('made')).rules.filter(({ always }) => always).map(({ id }) => id)).toEqual([
    'guard',
    'agents-read',
  ])
  expect(read(agentd, 'always.cedar')).toBe(`${others}\n\n`)
})

test('where two people have to agree to some calls no single signature changes the policy; what narrows it does', async () => {
  const agentd = await TestAgentd.start({ tools })
  const key = await enrol(agentd)
  const two =
    '@id("two") forbid (principal is Agent, action in Action::"destroy", resource) unless { context.approvals >= 2 };'
  const view = await saveDraft(agentd, key, 'two.cedar', two)
  expect(view.saving).toMatchObject({
    possible: false,
    reason: expect.stringMatching(/two people.*agentctl policy reload/),
  })
  expect((await refusal(saveDraft(agentd, key, 'two.cedar', null))).code).toBe('forbidden')
  expect(read(agentd, 'two.cedar')).toBe(two)
})

test('a start that could not take the files does not let one person take out what two have to agree to', async () => {
  const two =
    '@id("two") forbid (principal is Agent, action in Action::"destroy", resource) unless { context.approvals >= 2 };'
  // A tool that is gone since, and a slip of the pen.
  for (const broken of [
    `${two}\n@id("gone") forbid (principal, action == Action::"tool_of_old", resource);`,
    `${two} x`,
  ]) {
    const stateDir = temporaryState()
    writeRules(stateDir, 'two.cedar', broken)
    const agentd = await TestAgentd.start({ tools, stateDir })
    const key = await enrol(agentd)
    expect(await viewOf(agentd)).toMatchObject({ state: 'restricted', saving: { possible: false } })
    expect((await refusal(saveDraft(agentd, key, 'two.cedar', null))).code).toBe('forbidden')
    expect(read(agentd, 'two.cedar')).toBe(broken)
    await agentd.stop()
  }
})

test('files that a setting declares are changed in that setting', async () => {
  const declaredBy = 'services.castellan.policy.files'
  const agentd = await TestAgentd.start({ tools, settings: { policy: { declaredBy } } })
  const key = await enrol(agentd)
  expect((await viewOf(agentd)).saving).toMatchObject({ possible: false, reason: expect.stringContaining(declaredBy) })
  const error = await refusal(saveDraft(agentd, key, 'mine.cedar', free))
  expect(error.code).toBe('read_only')
  expect(error.message).toContain(`${declaredBy}."mine.cedar".text`)
})

test.skipIf(process.getuid?.() === 0)('a folder that cannot be written is left as it is', async () => {
  const agentd = await TestAgentd.start({ tools })
  const key = await enrol(agentd)
  writeRules(agentd.stateDir, 'other.cedar', '// Mine.\n')
  const change = await changeOf(agentd, key, 'mine.cedar', free)
  const folder = join(agentd.stateDir, 'policy')
  chmodSync(folder, 0o500)
  const error = await refusal(sendChange(agentd, change))
  chmodSync(folder, 0o700)
  expect(error.code).toBe('read_only')
  expect(error.message).toMatch(/EACCES.*services\.castellan\.policy\.files/)
})

test('nothing is written through a link, and a folder that others can write is not taken', async () => {
  const stateDir = temporaryState()
  const elsewhere = temporaryState()
  mkdirSync(join(stateDir, 'policy'), { mode: 0o700 })
  writeFileSync(join(elsewhere, 'target'), 'untouched', { mode: 0o600 })
  const agentd = await TestAgentd.start({ tools, stateDir })
  const key = await enrol(agentd)
  symlinkSync(join(elsewhere, 'target'), join(stateDir, 'policy/mine.cedar'))
  const change = await changeOf(agentd, key, 'mine.cedar', free)
  const linked = await refusal(sendChange(agentd, change))
  expect([linked.code, linked.message]).toEqual(['policy_invalid', expect.stringMatching(/symbolic link/)])
  expect(readFileSync(join(elsewhere, 'target'), 'utf8')).toBe('untouched')
})
