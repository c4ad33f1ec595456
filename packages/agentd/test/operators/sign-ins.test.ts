import { createHmac, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import {
  normalSignInCode,
  OperatorKey,
  OperatorListing,
  SignInCode,
  type SignInRedemption,
  SignInResult,
  signInText,
} from '@castellan/contracts'
import { expect, test } from 'vitest'
import { refusal, TestAgentd } from '../support/agentd.ts'

test('a code lets one browser in and enrols its key', async () => {
  const agentd = await TestAgentd.start()
  const { code, expires_at } = await issue(agentd)
  expect(code).toMatch(/^([0-9A-HJKMNP-TV-Z]{5}-){3}[0-9A-HJKMNP-TV-Z]{5}$/)
  expect(Date.parse(expires_at) - Date.now()).toBeGreaterThan(23 * 3600_000)
  const { key_id } = await redeem(agentd, withKey(code))
  const { operators } = await agentd.operator.request('GET', '/v1/operators', { schema: OperatorListing })
  expect(operators).toMatchObject([{ key_id, name: 'Firefox on desk', enrolled_by: 'sign_in' }])
  expect(await agentd.story()).toEqual(['sign_in_issued', 'operator_enrolled', 'sign_in_redeemed'])
})

test('a code works once', async () => {
  const agentd = await TestAgentd.start()
  const { code } = await issue(agentd)
  const both = await Promise.allSettled([redeem(agentd, withKey(code)), redeem(agentd, withKey(code))])
  expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
})

test('a browser without Ed25519 signs in without a key', async () => {
  const agentd = await TestAgentd.start()
  const { code } = await issue(agentd)
  expect(await redeem(agentd, { proof: hmac(code, 'castellan sign-in') })).toEqual({ key_id: null })
})

test('a browser that signs in again keeps its key', async () => {
  const agentd = await TestAgentd.start()
  const publicKey = randomBytes(32).toString('base64')
  const first = await redeem(agentd, withKey((await issue(agentd)).code, publicKey))
  const second = await redeem(agentd, withKey((await issue(agentd)).code, publicKey))
  expect(second).toEqual(first)
})

test('a code read with its look-alikes mixed up is the same code', () => {
  expect(normalSignInCode('ab1o0-lilio xyz42')).toBe('AB10011110XYZ42')
})

test('a code survives a restart', async () => {
  const agentd = await TestAgentd.start()
  const { code } = await issue(agentd)
  await agentd.stop()
  const restarted = await TestAgentd.start({ stateDir: agentd.stateDir })
  expect((await redeem(restarted, withKey(code))).key_id).not.toBeNull()
})

test('a key that was swapped on the way is not enrolled, and the code stays good', async () => {
  const agentd = await TestAgentd.start()
  const { code } = await issue(agentd)
  const honest = withKey(code)
  const swapped = { ...honest, key: { ...honest.key, public_key: randomBytes(32).toString('base64') } }
  expect((await refusal(redeem(agentd, swapped))).code).toBe('sign_in_failed')
  expect((await redeem(agentd, honest)).key_id).not.toBeNull()
})

test('guessing is slowed down and leaves its traces, while a right code is let in', async () => {
  const agentd = await TestAgentd.start()
  const { code } = await issue(agentd)
  const wrong = () => refusal(redeem(agentd, withKey('00000-00000-00000-00000')))
  for (let i = 0; i < 10; i += 1) expect((await wrong()).code).toBe('sign_in_failed')
  const slowed = await wrong()
  expect(slowed.code).toBe('rate_limited')
  expect(slowed.retryAfterSeconds).toBeGreaterThan(0)
  expect((await agentd.story()).filter((type) => type === 'sign_in_failed')).toHaveLength(10)
  expect((await redeem(agentd, withKey(code))).key_id).not.toBeNull()
})

test('an enrolled key signs in by its signature over the nonce, and over nothing else', async () => {
  const agentd = await TestAgentd.start()
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64')
  const { key_id } = await redeem(agentd, withKey((await issue(agentd)).code, raw))
  const nonce = randomBytes(32).toString('base64url')
  const prove = (text: string, id: unknown = key_id) => {
    const signature = sign(null, Buffer.from(text), privateKey).toString('base64')
    const body = { nonce, key: { key_id: id, signature } }
    return agentd.agent.request('POST', '/v1/sign-ins/assertion', { body, schema: SignInResult })
  }
  expect(await prove(signInText(nonce))).toEqual({ key_id })
  expect((await refusal(prove(signInText(randomBytes(32).toString('base64url'))))).code).toBe('sign_in_failed')
  expect((await refusal(prove(signInText(nonce), 'opk_0000000000000000'))).code).toBe('sign_in_failed')
  await agentd.operator.request('DELETE', `/v1/operators/${key_id}`, { schema: OperatorKey })
  expect((await refusal(prove(signInText(nonce)))).code).toBe('sign_in_failed')
})

function issue(agentd: TestAgentd): Promise<SignInCode> {
  return agentd.operator.request('POST', '/v1/sign-ins', { schema: SignInCode })
}

function redeem(agentd: TestAgentd, body: SignInRedemption): Promise<SignInResult> {
  return agentd.agent.request('POST', '/v1/sign-ins/redeem', { body, schema: SignInResult })
}

function withKey(code: string, publicKey = randomBytes(32).toString('base64')) {
  return {
    proof: hmac(code, 'castellan sign-in'),
    key: { name: 'Firefox on desk', public_key: publicKey, key_mac: hmac(code, `castellan enrol ${publicKey}`) },
  }
}

function hmac(code: string, text: string): string {
  return createHmac('sha256', normalSignInCode(code)).update(text).digest('hex')
}
