import { generateKeyPairSync, sign } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Approval, approvalSigningText, OperatorKey, PolicyStatus, PolicyView } from '@castellan/contracts'
import { expect, test } from 'vitest'
import { tools } from '../../src/tools/index.ts'
import { asDone, asPending, refusal, request, send, TestAgentd } from '../support/agentd.ts'

const note = (content = 'x') => ({ path: 'notes.txt', content, mode: 'overwrite' })

test('"always" writes the rule that was shown, lets exactly that call run, and can be revoked', async () => {
  const agentd = await TestAgentd.start({ tools })
  const asked = request('file_write', note())
  const { approval_id } = asPending(await send(agentd.agent, asked))
  const { always } = await get(agentd, approval_id)
  if (!always.possible) throw new Error(always.reason)
  expect(always.rule).toContain('action == Action::"file_write"')
  expect(always.rule).toContain('notes.txt')

  expect((await decide(agentd, approval_id, 'always')).state).toBe('approved')
  expect(asDone(await send(agentd.agent, { ...asked, approval_id })).ok).toBe(true)
  expect((await get(agentd, approval_id)).state).toBe('spent')
  expect(asDone(await agentd.call('file_write', note())).ok).toBe(true)
  asPending(await agentd.call('file_write', note('y')))
  asPending(await agentd.call('file_write', note(), { agent: 'other' as never }))

  const { rules, folder } = await agentd.operator.request('GET', '/v1/policy', { schema: PolicyView })
  const rule = rules.find((candidate) => candidate.always)
  expect(readFileSync(join(folder, 'always.cedar'), 'utf8')).toContain(always.rule.trim())
  expect(await agentd.entries('&type=policy_loaded')).toHaveLength(2)
  const [decided] = await agentd.entries('&type=approval_decided')
  expect(decided?.entry.facts).toMatchObject({ verdict: 'always', rule_digest: always.digest })

  await agentd.operator.request('DELETE', `/v1/policy/rules/${rule?.id}`, { schema: PolicyStatus })
  asPending(await agentd.call('file_write', note()))
})

test.each([
  ['a shell', 'command_run', { argv: ['bash', '-c', 'ls'] }],
  ['an interpreter', 'command_run', { argv: ['python3', 'x.py'] }],
  ['sudo', 'command_run', { argv: ['sudo', 'ls'] }],
  ['env', 'command_run', { argv: ['env', 'ls'] }],
  ['find -exec', 'command_run', { argv: ['find', '.', '-exec', 'rm', '{}', ';'] }],
  ['a package runner', 'command_run', { argv: ['npx', 'cowsay'] }],
  ['a script that is more than literals', 'shell_exec', { script: 'rm "$(cat list)"' }],
  ['untrusted code', 'sandbox_exec', { argv: ['true'] }],
])('"always" is refused for %s with the reason, and the one call can still be decided', async (_, tool, args) => {
  const agentd = await TestAgentd.start({ tools })
  const { approval_id } = asPending(await agentd.call(tool, args))
  const { always } = await get(agentd, approval_id)
  expect(always).toMatchObject({ possible: false, reason: expect.stringMatching(/rule/) })
  const error = await refusal(decide(agentd, approval_id, 'always'))
  expect(error.code).toBe('approval_no_rule')
  expect((await decide(agentd, approval_id, 'deny')).state).toBe('denied')
})

test('a policy that names two people for a tool has two people asked, and a new policy voids what was asked before', async () => {
  const agentd = await TestAgentd.start({ tools })
  const before = asPending(await agentd.call('file_write', note()))
  const { folder } = await agentd.operator.request('GET', '/v1/policy', { schema: PolicyView })
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const two = `@id("two-for-files")
@reason("Two people agree to every file.")
forbid (principal is Agent, action == Action::"file_write", resource)
unless { context.approvals >= 2 };
`
  writeFileSync(join(folder, 'two.cedar'), two, { mode: 0o600 })
  await agentd.operator.request('POST', '/v1/policy/reload', { schema: PolicyStatus })
  expect(await get(agentd, before.approval_id)).toMatchObject({ state: 'void', void_because: 'policy_changed' })

  const { approval_id } = asPending(await agentd.call('file_write', note()))
  expect(await decide(agentd, approval_id, 'approve')).toMatchObject({
    state: 'pending',
    needed: 2,
    votes: [{ person: 'owner' }],
  })
  expect((await refusal(decide(agentd, approval_id, 'approve'))).code).toBe('approval_same_person')
  expect((await get(agentd, approval_id)).always).toMatchObject({ possible: false })

  const bob = await enrolled(agentd, 'Bob')
  expect(await bob(approval_id)).toMatchObject({ state: 'approved', decided_by: 'operator and Bob' })
  const [decided] = await agentd.entries('&type=approval_decided')
  expect(decided?.entry).toMatchObject({ actor: { name: 'Bob' }, facts: { vote: 2, needed: 2, person: 'Bob' } })
})

/** Somebody who approves over agent.sock with a key of their own. */
async function enrolled(agentd: TestAgentd, name: string) {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const public_key = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64')
  const body = { name, public_key }
  const { key_id } = await agentd.operator.request('POST', '/v1/operators', { body, schema: OperatorKey })
  return async (id: string) => {
    const text = approvalSigningText('approve', await get(agentd, id))
    const signature = sign(null, Buffer.from(text), privateKey).toString('base64')
    const decision = { verdict: 'approve', proof: { kind: 'signature', key_id, signature } }
    return agentd.agent.request('POST', `/v1/approvals/${id}/decision`, { body: decision, schema: Approval })
  }
}

function get(agentd: TestAgentd, id: string): Promise<Approval> {
  return agentd.agent.request('GET', `/v1/approvals/${id}`, { schema: Approval })
}

function decide(agentd: TestAgentd, id: string, verdict: 'approve' | 'deny' | 'always'): Promise<Approval> {
  return agentd.operator.request('POST', `/v1/approvals/${id}/decision`, { body: { verdict }, schema: Approval })
}
