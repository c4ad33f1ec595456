import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  Approval,
  type ApprovalDecision,
  ApprovalListing,
  type ApprovalVerdict,
  approvalSigningText,
  newId,
  OperatorKey,
  previousTokenFile,
} from '@castellan/contracts'
import { expect, test } from 'vitest'
import { asDone, asPending, OWNER_TOKEN, refusal, request, send, TestAgentd } from '../support/agentd.ts'

test('with agent.sock alone nothing can be approved: a taken-over gateway asks and no more', async () => {
  const agentd = await TestAgentd.start()
  const { approval, id } = await ask(agentd)
  const own = await key()
  const attempts: (ApprovalDecision['proof'] | undefined)[] = [
    undefined,
    { kind: 'owner_token', mac: mac('cst_guess', 'approve', approval) },
    { kind: 'owner_token', mac: mac('', 'approve', approval) },
    { kind: 'signature', key_id: newId('opk'), signature: signature(own.secret, 'approve', approval) },
  ]
  const codes = await Promise.all(
    attempts.map(async (proof) => (await refusal(decide(agentd, id, { verdict: 'approve', proof }))).code),
  )
  expect(codes).toEqual(['unauthorized', 'signature_invalid', 'signature_invalid', 'operator_unknown'])

  for (const [method, path, body] of [
    ['POST', '/v1/operators', { name: 'mine', public_key: own.public }],
    ['GET', '/v1/operators', undefined],
    ['POST', '/v1/operators/invitations', { name: 'mine' }],
    ['PATCH', `/v1/operators/${newId('opk')}`, { name: 'mine' }],
    ['DELETE', `/v1/operators/${newId('opk')}`, undefined],
    ['POST', '/v1/policy/reload', undefined],
    ['POST', '/v1/sign-ins', undefined],
    ['POST', '/v1/undo', { index: 0 }],
  ] as const) {
    const error = await refusal(agentd.agent.request(method, path, { body, schema: Approval }))
    expect(error.code).toBe('not_found')
  }
  expect((await get(agentd, id)).state).toBe('pending')
})

test.each(['approve', 'deny'] as const)('an enrolled key decides by its signature: %s', async (verdict) => {
  const agentd = await TestAgentd.start()
  const enrolled = await enrol(agentd)
  const { approval, id } = await ask(agentd)
  const decided = await decide(agentd, id, signed(enrolled, verdict, approval))
  expect(decided).toMatchObject({ state: verdict === 'approve' ? 'approved' : 'denied', decided_by: 'laptop' })
  const [entry] = await agentd.entries('&type=approval_decided')
  expect(entry?.entry).toMatchObject({ ok: verdict === 'approve', facts: { key_id: enrolled.key_id } })
})

test('a signature covers its own verdict and its own question only', async () => {
  const agentd = await TestAgentd.start()
  const enrolled = await enrol(agentd)
  const first = await ask(agentd)
  const second = await ask(agentd)
  const denial = signed(enrolled, 'deny', first.approval)
  const turned = await refusal(decide(agentd, first.id, { ...denial, verdict: 'approve' }))
  const moved = await refusal(decide(agentd, second.id, signed(enrolled, 'approve', first.approval)))
  const changed = { ...first.approval, binding: { ...first.approval.binding, args_digest: '0'.repeat(64) } }
  const other = await refusal(decide(agentd, first.id, signed(enrolled, 'approve', changed)))
  expect([turned.code, moved.code, other.code]).toEqual(Array(3).fill('signature_invalid'))
})

test('a decision sent again is refused and changes nothing', async () => {
  const agentd = await TestAgentd.start()
  const enrolled = await enrol(agentd)
  const { approval, id, asked } = await ask(agentd)
  const decision = signed(enrolled, 'approve', approval)
  await decide(agentd, id, decision)
  expect((await refusal(decide(agentd, id, decision))).code).toBe('conflict')
  asDone(await send(agentd.agent, { ...asked, approval_id: id }))
  expect((await refusal(decide(agentd, id, decision))).code).toBe('approval_spent')
})

test('a revoked key decides nothing, and what it approved before is void', async () => {
  const agentd = await TestAgentd.start()
  const enrolled = await enrol(agentd)
  const first = await ask(agentd)
  await decide(agentd, first.id, signed(enrolled, 'approve', first.approval))
  await agentd.operator.request('DELETE', `/v1/operators/${enrolled.key_id}`, { schema: OperatorKey })
  const unused = await refusal(send(agentd.agent, { ...first.asked, approval_id: first.id }))
  expect(unused.code).toBe('approval_revoked')
  const second = await ask(agentd)
  const late = await refusal(decide(agentd, second.id, signed(enrolled, 'approve', second.approval)))
  expect(late.code).toBe('operator_unknown')
})

test("the owner's token approves where it may", async () => {
  const agentd = await TestAgentd.start()
  const { approval, id } = await ask(agentd)
  const proof = { kind: 'owner_token' as const, mac: mac(OWNER_TOKEN, 'approve', approval) }
  expect((await refusal(decide(agentd, id, { verdict: 'deny', proof }))).code).toBe('signature_invalid')
  expect(await decide(agentd, id, { verdict: 'approve', proof })).toMatchObject({
    state: 'approved',
    decided_by: "owner's token",
  })
})

test("the owner's token before a rotation approves until its time is over, and no longer", async () => {
  const agentd = await TestAgentd.start()
  const previous = previousTokenFile(join(agentd.stateDir, 'token'))
  const keep = (token: string, ms: number) => {
    const valid_until = new Date(Date.now() + ms).toISOString()
    writeFileSync(previous, JSON.stringify({ token, valid_until }))
  }
  const attempt = async (token: string) => {
    const { approval, id } = await ask(agentd)
    const proof = { kind: 'owner_token' as const, mac: mac(token, 'approve', approval) }
    return decide(agentd, id, { verdict: 'approve', proof }).then(
      ({ state }) => state,
      (error: unknown) => (error as { code: string }).code,
    )
  }
  const before = `cst_${'b'.repeat(43)}`
  keep(before, 60_000)
  expect([await attempt(before), await attempt(OWNER_TOKEN)]).toEqual(['approved', 'approved'])
  keep(before, -1)
  expect(await attempt(before)).toBe('signature_invalid')
  keep('', 60_000)
  expect(await attempt('')).toBe('signature_invalid')
  writeFileSync(previous, '{')
  expect([await attempt(before), await attempt(OWNER_TOKEN)]).toEqual(['signature_invalid', 'approved'])
})

test.each([
  ['is not allowed to', { APPROVALS__OWNER_TOKEN: 'false' }, `${OWNER_TOKEN}\n`],
  ['is empty', {}, '\n'],
])("the owner's token approves nothing where it %s", async (_, settings, content) => {
  const agentd = await TestAgentd.start({ settings })
  writeFileSync(join(agentd.stateDir, 'token'), content)
  const { approval, id } = await ask(agentd)
  const proof = { kind: 'owner_token' as const, mac: mac(content.trim(), 'approve', approval) }
  expect((await refusal(decide(agentd, id, { verdict: 'approve', proof }))).code).toBe('signature_invalid')
})

test('who waits for a decision is told at once when it comes', async () => {
  const agentd = await TestAgentd.start()
  const { id } = await ask(agentd)
  const waiting = agentd.agent.request('GET', `/v1/approvals/${id}?wait=25`, { schema: Approval })
  await agentd.decide(id, 'approve')
  expect((await waiting).state).toBe('approved')
})

test('who waits in vain is told that it is still pending', async () => {
  const agentd = await TestAgentd.start()
  const { id } = await ask(agentd)
  const waited = await agentd.agent.request('GET', `/v1/approvals/${id}?wait=0.05`, { schema: Approval })
  expect(waited.state).toBe('pending')
})

test('open questions and grants survive a restart, and a grant is still good for one call', async () => {
  const agentd = await TestAgentd.start()
  const open = await ask(agentd)
  const granted = await ask(agentd)
  await agentd.decide(granted.id, 'approve')
  await agentd.stop()

  const restarted = await TestAgentd.start({ stateDir: agentd.stateDir })
  const { approvals } = await restarted.agent.request('GET', '/v1/approvals', { schema: ApprovalListing })
  expect(approvals.map(({ approval_id, state }) => [approval_id, state])).toEqual([
    [granted.id, 'approved'],
    [open.id, 'pending'],
  ])
  asDone(await send(restarted.agent, { ...granted.asked, approval_id: granted.id }))
  const replay = await refusal(send(restarted.agent, { ...granted.asked, approval_id: granted.id }))
  expect(replay.code).toBe('duplicate_call')
  await restarted.stop()

  const again = await TestAgentd.start({ stateDir: agentd.stateDir })
  expect((await get(again, granted.id)).state).toBe('spent')
})

test('of fifty uses of one grant at once, one runs', async () => {
  const agentd = await TestAgentd.start()
  const { asked, id } = await ask(agentd)
  await agentd.decide(id, 'approve')
  const uses = await Promise.allSettled(
    Array.from({ length: 50 }, () => send(agentd.agent, { ...asked, approval_id: id })),
  )
  expect(uses.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  expect((await agentd.story()).filter((type) => type === 'intent' || type === 'grant_spent')).toEqual([
    'grant_spent',
    'intent',
  ])
})

test('an agent that asks without end is told to wait', async () => {
  const agentd = await TestAgentd.start()
  for (let i = 0; i < 32; i += 1) await ask(agentd)
  expect((await refusal(ask(agentd))).code).toBe('rate_limited')
})

test.each(['apr_doesnotexist0', 'nonsense', '%2e%2e'])(
  'an approval that is not there is approval_unknown: %s',
  async (id) => {
    const agentd = await TestAgentd.start()
    const error = await refusal(agentd.agent.request('GET', `/v1/approvals/${id}`, { schema: Approval }))
    expect(error.code).toBe('approval_unknown')
  },
)

async function ask(agentd: TestAgentd) {
  const asked = request('test_note', { path: join(agentd.stateDir, 'note'), text: 'x' })
  const { approval_id: id } = asPending(await send(agentd.agent, asked))
  return { asked, id, approval: await get(agentd, id) }
}

function get(agentd: TestAgentd, id: string): Promise<Approval> {
  return agentd.agent.request('GET', `/v1/approvals/${id}`, { schema: Approval })
}

function decide(agentd: TestAgentd, id: string, body: ApprovalDecision): Promise<Approval> {
  return agentd.agent.request('POST', `/v1/approvals/${id}/decision`, { body, schema: Approval })
}

async function key() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)
  return { secret: privateKey, public: raw.toString('base64') }
}

async function enrol(agentd: TestAgentd) {
  const own = await key()
  const body = { name: 'laptop', public_key: own.public }
  const { key_id } = await agentd.operator.request('POST', '/v1/operators', { body, schema: OperatorKey })
  return { ...own, key_id }
}

function signature(secret: KeyObject, verdict: ApprovalVerdict, approval: Approval): string {
  return sign(null, Buffer.from(approvalSigningText(verdict, approval)), secret).toString('base64')
}

function signed(
  { key_id, secret }: Awaited<ReturnType<typeof enrol>>,
  verdict: ApprovalVerdict,
  approval: Approval,
): ApprovalDecision {
  return { verdict, proof: { kind: 'signature', key_id, signature: signature(secret, verdict, approval) } }
}

function mac(token: string, verdict: ApprovalVerdict, approval: Approval): string {
  return createHmac('sha256', token).update(approvalSigningText(verdict, approval)).digest('hex')
}
