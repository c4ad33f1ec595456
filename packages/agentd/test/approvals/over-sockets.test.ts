import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Approval, ApprovalListing, type CallRequest } from '@castellan/contracts'
import { expect, test } from 'vitest'
import { defineTool } from '../../src/tools/define.ts'
import { asDone, asPending, otherSession, refusal, request, send, TestAgentd } from '../support/agentd.ts'
import { testTools } from '../support/tools.ts'

test('a withdrawn question cannot be approved, and its call does not run', async () => {
  const agentd = await TestAgentd.start()
  const { asked, id } = await ask(agentd)
  expect((await refusal(withdraw(agentd, id, otherSession))).code).toBe('forbidden')
  expect((await withdraw(agentd, id, asked.session)).state).toBe('withdrawn')
  const late = await refusal(agentd.decide(id, 'approve'))
  expect(late).toMatchObject({ code: 'approval_withdrawn', message: expect.stringContaining('withdrew the question') })
  const spent = await refusal(send(agentd.agent, { ...asked, approval_id: id }))
  expect(spent.code).toBe('approval_withdrawn')
  expect(existsSync(join(agentd.stateDir, 'note'))).toBe(false)
})

test('a withdrawal survives a restart', async () => {
  const agentd = await TestAgentd.start()
  const { asked, id } = await ask(agentd)
  await withdraw(agentd, id, asked.session)
  await agentd.stop()
  const restarted = await TestAgentd.start({ stateDir: agentd.stateDir })
  expect((await refusal(restarted.decide(id, 'approve'))).code).toBe('approval_withdrawn')
})

test.each<[string, (asked: CallRequest) => Partial<CallRequest>]>([
  ['arguments', ({ args }) => ({ args: { ...args, text: 'y' } })],
  ['session', () => ({ session: otherSession })],
  ['agent', () => ({ agent: 'other' as never })],
  ['call id', () => ({ call_id: 'call_0000000000' as never })],
  ['tool', ({ args }) => ({ tool: 'test_wipe', args: { path: args.path } })],
])(
  'a call that comes back with another %s than was approved does not run, and the ledger says so',
  async (_, change) => {
    const agentd = await TestAgentd.start()
    const { asked, id } = await ask(agentd)
    await agentd.decide(id, 'approve')
    const error = await refusal(send(agentd.agent, { ...asked, ...change(asked), approval_id: id }))
    expect(error.code).toBe('approval_mismatch')
    expect(existsSync(join(agentd.stateDir, 'note'))).toBe(false)
    const [refused] = await agentd.entries('&type=refused')
    expect(refused?.entry).toMatchObject({ code: 'approval_mismatch', approval_id: id })
    // The grant itself is as good as it was.
    asDone(await send(agentd.agent, { ...asked, approval_id: id }))
  },
)

test('the approval of a call that already took place is refused as that call', async () => {
  const agentd = await TestAgentd.start()
  const { asked, id } = await ask(agentd)
  await agentd.decide(id, 'approve')
  const { ledger_index } = asDone(await send(agentd.agent, { ...asked, approval_id: id }))
  await agentd.stop()
  const restarted = await TestAgentd.start({ stateDir: agentd.stateDir })
  const error = await refusal(send(restarted.agent, { ...asked, approval_id: id }))
  expect(error).toMatchObject({ code: 'duplicate_call', detail: { ledger_index } })
  expect((await refusal(restarted.decide(id, 'approve'))).code).toBe('approval_spent')
})

test('who asks is told what would happen, with the tool’s own words made harmless', async () => {
  const agentd = await TestAgentd.start({
    tools: [
      previewing(async () => ({
        effects: ['Writes \u001b[2Jnote\u202e\u{e0041}.\nUndo: it takes itself back.'],
        diff: '+x\u0007\n',
        undo: 'It can be undone.',
      })),
    ],
  })
  const { id } = await ask(agentd)
  expect((await get(agentd, id)).preview).toEqual({
    effects: ['Writes \ufffd[2Jnote\ufffd\ufffd. Undo: it takes itself back.'],
    diff: '+x\ufffd\n',
    undo: 'It can be undone.',
  })
})

test.each<[string, () => Promise<never>, string]>([
  ['fails', () => Promise.reject(new Error('no \u001b[1msuch file')), 'cannot be foreseen: no \ufffd[1msuch file'],
  ['never ends', () => new Promise(() => undefined), 'longer than 2 s'],
  ['is not a preview', () => Promise.resolve({ effects: 'all' } as never), 'not usable'],
])('a preview that %s does not keep anybody from being asked', async (_, preview, why) => {
  const agentd = await TestAgentd.start({ tools: [previewing(preview)] })
  const { id } = await ask(agentd)
  const approval = await get(agentd, id)
  expect(approval.preview).toBeUndefined()
  expect(approval.preview_problem).toContain(why)
  expect((await agentd.decide(id, 'approve')).state).toBe('approved')
})

test('a tool without a preview still says whether it can be taken back', async () => {
  const agentd = await TestAgentd.start()
  const { id } = await ask(agentd)
  expect((await get(agentd, id)).preview).toEqual({
    effects: [],
    undo: expect.stringContaining('taken back with undo'),
  })
})

test('an open question stands on disk for agentd alone, and is there after a restart', async () => {
  const agentd = await TestAgentd.start()
  const { id } = await ask(agentd)
  await agentd.stop()
  const file = readFileSync(join(agentd.stateDir, 'agentd/approvals.json'))
  expect(file.includes('test_note')).toBe(false)
  const restarted = await TestAgentd.start({ stateDir: agentd.stateDir })
  const { approvals } = await restarted.agent.request('GET', '/v1/approvals', { schema: ApprovalListing })
  expect(approvals.map((approval) => approval.approval_id)).toEqual([id])
})

test('open questions of the first version of the file do not keep agentd from starting', async () => {
  const agentd = await TestAgentd.start()
  await agentd.stop()
  writeFileSync(join(agentd.stateDir, 'agentd/approvals.json'), '{"version":1,"approvals":[{"approval_id":"x"}]}')
  const restarted = await TestAgentd.start({ stateDir: agentd.stateDir })
  const { approvals } = await restarted.agent.request('GET', '/v1/approvals', { schema: ApprovalListing })
  expect(approvals).toEqual([])
})

function previewing(preview: () => Promise<unknown>) {
  const note = testTools.find(({ name }) => name === 'test_note')
  return defineTool({ ...note, preview } as never)
}

async function ask(agentd: TestAgentd) {
  const asked = request('test_note', { path: join(agentd.stateDir, 'note'), text: 'x' })
  return { asked, id: asPending(await send(agentd.agent, asked)).approval_id }
}

function get(agentd: TestAgentd, id: string): Promise<Approval> {
  return agentd.agent.request('GET', `/v1/approvals/${id}`, { schema: Approval })
}

function withdraw(agentd: TestAgentd, id: string, session: string): Promise<Approval> {
  return agentd.agent.request('POST', `/v1/approvals/${id}/withdrawal`, { body: { session }, schema: Approval })
}
