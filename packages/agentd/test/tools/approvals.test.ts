import { createHmac } from 'node:crypto'
import { existsSync, mkdirSync, symlinkSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { type CallRequest, newId, SessionOpened, sessionOpeningText } from '@castellan/contracts'
import { expect, test } from 'vitest'
import { accountabilityTools } from '../../src/tools/accountability/index.ts'
import { capabilityMint } from '../../src/tools/commands/capability_mint.ts'
import { fileTools } from '../../src/tools/files/index.ts'
import { asDone, asPending, OWNER_TOKEN, otherSession, refusal, request, send, TestAgentd } from '../support/agentd.ts'
import { testTools } from '../support/tools.ts'

const tools = [
  ...testTools.filter(({ name }) => !accountabilityTools.some((tool) => tool.name === name)),
  ...accountabilityTools,
]

test('a yes that is asked for ahead is used up by the next such call, and by no other', async () => {
  const agentd = await TestAgentd.start({ tools })
  const args = { path: join(agentd.stateDir, 'note'), text: 'x' }
  const { result, summary } = await agreed(agentd, 'approval_request', { tool: 'test_note', args })
  expect(summary).toMatch(/^Asked ahead: test_note waits for a person, until 20/)
  const { approvalId } = (result as { approval: { approvalId: string } }).approval
  await agentd.decide(approvalId as never, 'approve')
  expect((await agreed(agentd, 'approval_status', { approvalId })).summary).toBe(
    'Test_note is approved by operator and not made yet.',
  )

  // Other arguments, or another session, are another question.
  asPending(await agentd.call('test_note', { ...args, text: 'y' }))
  asPending(await agentd.call('test_note', args, { session: otherSession }))
  expect(existsSync(args.path)).toBe(false)

  expect(asDone(await agentd.call('test_note', args)).ok).toBe(true)
  expect(existsSync(args.path)).toBe(true)
  asPending(await agentd.call('test_note', args))
  const [intent] = await agentd.entries('&type=intent&tool=test_note')
  expect(intent?.entry.approval_id).toBe(approvalId)
})

test('asking ahead twice is one question, and the call itself waits for that one', async () => {
  const agentd = await TestAgentd.start({ tools })
  const args = { path: join(agentd.stateDir, 'note'), text: 'x' }
  const ask = async () => {
    const { result } = await agreed(agentd, 'approval_request', { tool: 'test_note', args })
    return (result as { approval: { approvalId: string } }).approval.approvalId
  }
  const id = await ask()
  expect(await ask()).toBe(id)
  const call = request('test_note', args)
  expect(asPending(await send(agentd.agent, call)).approval_id).toBe(id)
  await agentd.decide(id as never, 'approve')
  expect(asDone(await send(agentd.agent, { ...call, approval_id: id })).ok).toBe(true)
})

test('a yes does not follow a link that leads elsewhere by the time the call is made', async () => {
  const agentd = await TestAgentd.start({ tools: fileTools })
  const at = (name: string) => join(agentd.stateDir, 'workspace', name)
  for (const name of ['one', 'two']) mkdirSync(at(name))
  symlinkSync('one', at('link'))
  const call = request('file_write', { path: 'link/f', content: 'x' })
  const { approval_id } = asPending(await send(agentd.agent, call))
  await agentd.decide(approval_id, 'approve')
  unlinkSync(at('link'))
  symlinkSync('two', at('link'))
  expect((await refusal(send(agentd.agent, { ...call, approval_id }))).code).toBe('approval_mismatch')
  expect(existsSync(at('two/f'))).toBe(false)
})

test('asking ahead works in a session that the owner opened, and is no incident', async () => {
  const agentd = await TestAgentd.start({ tools })
  const opening = { session: newId('ses'), agent: 'main' as CallRequest['agent'], at: new Date().toISOString() }
  const mac = createHmac('sha256', OWNER_TOKEN).update(sessionOpeningText(opening)).digest('hex')
  const body = { ...opening, proof: { kind: 'owner_token', mac } }
  const { session, key } = await agentd.agent.request('POST', '/v1/sessions', { body, schema: SessionOpened })
  const args = { tool: 'test_note', args: { path: join(agentd.stateDir, 'note'), text: 'x' } }
  const asked = asDone(await agentd.call('approval_request', args, { session, session_key: key }))
  expect(asked).toMatchObject({ ok: true, result: { needed: true } })
  expect(await agentd.entries('&type=incident_opened')).toEqual([])
})

test('with a capability nothing is asked ahead that the capability does not cover', async () => {
  const agentd = await TestAgentd.start({ tools: [...tools, capabilityMint] })
  const minted = asDone(await agentd.call('capability_mint', { tools: ['approval_request'] })).result
  const { token: capability } = minted as { token: string }
  const args = { tool: 'test_note', args: { path: join(agentd.stateDir, 'note'), text: 'x' } }
  const refused = asDone(await agentd.call('approval_request', args, { capability }))
  expect(refused).toMatchObject({ ok: false, error: { code: 'capability_denied' } })
})

test('what needs no approval is said to need none, and what cannot be called cannot be asked about', async () => {
  const agentd = await TestAgentd.start({ tools })
  const { result } = await agreed(agentd, 'approval_request', { tool: 'test_echo', args: { text: 'x' } })
  expect(result).toMatchObject({ needed: false, approval: null })
  for (const [tool, args, code] of [
    ['test_ecko', {}, 'unknown_tool'],
    ['test_note', { path: 3 }, 'invalid_arguments'],
  ] as const) {
    expect(await agreed(agentd, 'approval_request', { tool, args })).toMatchObject({ ok: false, error: { code } })
  }
})

test('a session sees its own approvals and receipts, and nobody else’s', async () => {
  const agentd = await TestAgentd.start({ tools })
  const args = { path: join(agentd.stateDir, 'note'), text: 'x' }
  const mine = asPending(await agentd.call('test_note', args))
  const theirs = asPending(await agentd.call('test_note', args, { session: otherSession }))
  const { result } = await agreed(agentd, 'approval_list', { state: 'pending' })
  expect(result).toMatchObject({
    approvals: [{ approvalId: mine.approval_id, tool: 'test_note', args, approvalsGiven: 0, approvalsNeeded: 1 }],
    total: 1,
    truncated: false,
  })
  const foreign = await agreed(agentd, 'approval_status', { approvalId: theirs.approval_id })
  expect(foreign).toMatchObject({ ok: false, error: { code: 'approval_unknown' } })

  const done = await agentd.callApproved('test_note', args)
  await agentd.callApproved('test_count', { path: join(agentd.stateDir, 'count') }, { session: otherSession })
  const receipts = await agreed(agentd, 'receipt_list', { tool: 'test_note' })
  expect(receipts.result).toMatchObject({
    receipts: [{ index: done.ledger_index, tool: 'test_note', ok: true, code: null, summary: `Wrote ${args.path}.` }],
    truncated: false,
    nextBefore: null,
  })
  expect((receipts.result as { receipts: { approvalId: string }[] }).receipts[0]?.approvalId).toMatch(/^apr_/)
  expect((await agreed(agentd, 'receipt_list', { tool: 'test_count' })).summary).toContain('no receipts')
})

/** A call that a person agrees to where the policy asks for that. */
async function agreed(agentd: TestAgentd, tool: string, args: Record<string, unknown>) {
  const asked: CallRequest = request(tool, args)
  const answer = await send(agentd.agent, asked)
  if (answer.status === 'done') return asDone(answer)
  await agentd.decide(answer.approval_id, 'approve')
  return asDone(await send(agentd.agent, { ...asked, approval_id: answer.approval_id }))
}
