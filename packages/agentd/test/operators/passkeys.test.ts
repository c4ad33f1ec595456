import { createHmac } from 'node:crypto'
import {
  Approval,
  approvalSigningText,
  enrolmentText,
  normalSignInCode,
  OperatorKey,
  type OperatorKeyId,
  OperatorListing,
  type PasskeyAssertion,
  type PasskeyAttestation,
  SignInCode,
  SignInResult,
  signInText,
} from '@castellan/contracts'
import { expect, test } from 'vitest'
import { asPending, refusal, request, send, TestAgentd } from '../support/agentd.ts'
import { type Ceremony, SoftPasskey } from '../support/passkey.ts'

test('a passkey is enrolled with a one-time code for the person whom root invited, and approves by its signature', async () => {
  const agentd = await TestAgentd.start()
  const { passkey, key_id } = await enrol(agentd, { name: "Ann's phone", person: 'Ann' })
  const { operators } = await agentd.operator.request('GET', '/v1/operators', { schema: OperatorListing })
  expect(operators).toMatchObject([
    { key_id, name: "Ann's phone", person: 'Ann', kind: 'passkey', enrolled_by: 'sign_in' },
  ])
  expect(JSON.stringify(operators)).not.toContain(passkey.id.toString('base64url'))

  const approval = await ask(agentd)
  const decided = await decide(agentd, approval, key_id, passkey.signText(approvalSigningText('approve', approval)))
  expect(decided).toMatchObject({ state: 'approved', decided_by: "Ann's phone", votes: [{ person: 'Ann' }] })
})

test.each<[string, Partial<Ceremony> & { text?: 'deny' | 'other' }]>([
  ['of another page', { origin: 'https://evil.example' }],
  ['of another port of this machine', { origin: 'http://localhost:8080' }],
  ['of another domain', { rpId: 'evil.example' }],
  ['without checking who is there', { verified: false }],
  ['of the opposite verdict', { text: 'deny' }],
  ['of another call', { text: 'other' }],
])('an assertion %s approves nothing', async (_, { text, ...wrong }) => {
  const agentd = await TestAgentd.start()
  const { passkey, key_id } = await enrol(agentd)
  const approval = await ask(agentd)
  const other = text === 'other' ? await ask(agentd) : approval
  const signed = approvalSigningText(text === 'deny' ? 'deny' : 'approve', other)
  const error = await refusal(decide(agentd, approval, key_id, passkey.signText(signed, wrong)))
  expect(error.code).toBe('signature_invalid')
  expect((await get(agentd, approval.approval_id)).state).toBe('pending')
})

test("another passkey's assertion, and a signature under a passkey's name, approve nothing", async () => {
  const agentd = await TestAgentd.start()
  const { key_id } = await enrol(agentd)
  const approval = await ask(agentd)
  const forged = new SoftPasskey().signText(approvalSigningText('approve', approval))
  expect((await refusal(decide(agentd, approval, key_id, forged))).code).toBe('signature_invalid')
  const proof = { kind: 'signature' as const, key_id, signature: Buffer.alloc(64).toString('base64') }
  const plain = agentd.agent.request('POST', `/v1/approvals/${approval.approval_id}/decision`, {
    body: { verdict: 'approve', proof },
    schema: Approval,
  })
  expect((await refusal(plain)).code).toBe('signature_invalid')
})

test('a passkey signs in under the name its authenticator knows it by, until it is revoked', async () => {
  const agentd = await TestAgentd.start()
  const { passkey, key_id } = await enrol(agentd)
  const nonce = Buffer.alloc(32, 7).toString('base64url')
  const prove = (by: SoftPasskey, text = signInText(nonce)) => {
    const body = { nonce, key: { credential_id: by.id.toString('base64url'), assertion: by.signText(text) } }
    return agentd.agent.request('POST', '/v1/sign-ins/assertion', { body, schema: SignInResult })
  }
  expect(await prove(passkey)).toEqual({ key_id })
  expect((await refusal(prove(passkey, signInText('other')))).code).toBe('sign_in_failed')
  expect((await refusal(prove(new SoftPasskey()))).code).toBe('sign_in_failed')
  await agentd.operator.request('DELETE', `/v1/operators/${key_id}`, { schema: OperatorKey })
  expect((await refusal(prove(passkey))).code).toBe('sign_in_failed')
})

test('the counter of a passkey is kept over a restart, so that a copy of it is found out', async () => {
  const agentd = await TestAgentd.start()
  const { passkey, key_id } = await enrol(agentd)
  const first = await ask(agentd)
  const used = passkey.signText(approvalSigningText('approve', first), { counter: 7 })
  await decide(agentd, first, key_id, used)
  await agentd.stop()

  const restarted = await TestAgentd.start({ stateDir: agentd.stateDir })
  const second = await ask(restarted)
  const text = approvalSigningText('approve', second)
  for (const counter of [6, 7]) {
    const error = await refusal(decide(restarted, second, key_id, passkey.signText(text, { counter })))
    expect(error.code).toBe('signature_invalid')
  }
  expect((await decide(restarted, second, key_id, passkey.signText(text, { counter: 8 }))).state).toBe('approved')
})

test('a revoked passkey approves nothing', async () => {
  const agentd = await TestAgentd.start()
  const { passkey, key_id } = await enrol(agentd)
  await agentd.operator.request('DELETE', `/v1/operators/${key_id}`, { schema: OperatorKey })
  const approval = await ask(agentd)
  const assertion = passkey.signText(approvalSigningText('approve', approval))
  expect((await refusal(decide(agentd, approval, key_id, assertion))).code).toBe('operator_unknown')
})

test.each<[string, Partial<Ceremony>]>([
  ['with another challenge', { challenge: Buffer.from('another').toString('base64url') }],
  ['by another page', { origin: 'https://evil.example' }],
  ['for another domain', { rpId: 'evil.example' }],
  ['without checking who is there', { verified: false }],
])('a passkey that was made %s is not enrolled, and the code stays good', async (_, wrong) => {
  const agentd = await TestAgentd.start()
  const { code } = await agentd.operator.request('POST', '/v1/sign-ins', { schema: SignInCode })
  const passkey = new SoftPasskey()
  const challenge = macOf(code, 'castellan passkey', 'base64url')
  const error = await refusal(redeem(agentd, code, passkey.create({ challenge, ...wrong })))
  expect(error.code).toBe('signature_invalid')
  expect((await redeem(agentd, code, passkey.create({ challenge }))).key_id).not.toBeNull()
})

test('a passkey that a gateway put in the place of another is not enrolled', async () => {
  const agentd = await TestAgentd.start()
  const { code } = await agentd.operator.request('POST', '/v1/sign-ins', { schema: SignInCode })
  const challenge = macOf(code, 'castellan passkey', 'base64url')
  const own = new SoftPasskey().create({ challenge })
  const key_mac = macOf(code, enrolmentText({ name: '', passkey: own, key_mac: '' }), 'hex')
  const swapped = { name: 'x', passkey: new SoftPasskey().create({ challenge }), key_mac }
  const body = { proof: macOf(code, 'castellan sign-in', 'hex'), key: swapped }
  const error = await refusal(agentd.agent.request('POST', '/v1/sign-ins/redeem', { body, schema: SignInResult }))
  expect(error.code).toBe('sign_in_failed')
})

test('a browser that signs in again names the passkey it has', async () => {
  const agentd = await TestAgentd.start()
  const { key_id } = await enrol(agentd)
  const { code } = await agentd.operator.request('POST', '/v1/sign-ins', { schema: SignInCode })
  const use = { key_id, key_mac: macOf(code, `castellan use ${key_id}`, 'hex') }
  const body = { proof: macOf(code, 'castellan sign-in', 'hex'), key: use }
  const again = await agentd.agent.request('POST', '/v1/sign-ins/redeem', { body, schema: SignInResult })
  expect(again).toEqual({ key_id })
})

async function enrol(agentd: TestAgentd, invitation = { name: 'phone', person: 'Ann' }) {
  const path = '/v1/operators/invitations'
  const { code } = await agentd.operator.request('POST', path, { body: invitation, schema: SignInCode })
  const passkey = new SoftPasskey()
  const made = passkey.create({ challenge: macOf(code, 'castellan passkey', 'base64url') })
  const { key_id } = await redeem(agentd, code, made)
  return { passkey, key_id: key_id as OperatorKeyId }
}

function redeem(agentd: TestAgentd, code: string, passkey: PasskeyAttestation): Promise<SignInResult> {
  const key_mac = macOf(code, enrolmentText({ name: '', passkey, key_mac: '' }), 'hex')
  const body = { proof: macOf(code, 'castellan sign-in', 'hex'), key: { name: 'this browser', passkey, key_mac } }
  return agentd.agent.request('POST', '/v1/sign-ins/redeem', { body, schema: SignInResult })
}

async function ask(agentd: TestAgentd): Promise<Approval> {
  const pending = asPending(await send(agentd.agent, request('test_note', { path: '/x', text: 'x' })))
  return get(agentd, pending.approval_id)
}

function get(agentd: TestAgentd, id: string): Promise<Approval> {
  return agentd.agent.request('GET', `/v1/approvals/${id}`, { schema: Approval })
}

function decide(agentd: TestAgentd, { approval_id }: Approval, key_id: OperatorKeyId, assertion: PasskeyAssertion) {
  const body = { verdict: 'approve' as const, proof: { kind: 'passkey' as const, key_id, assertion } }
  return agentd.agent.request('POST', `/v1/approvals/${approval_id}/decision`, { body, schema: Approval })
}

function macOf(code: string, text: string, encoding: 'hex' | 'base64url'): string {
  return createHmac('sha256', normalSignInCode(code)).update(text).digest(encoding)
}
