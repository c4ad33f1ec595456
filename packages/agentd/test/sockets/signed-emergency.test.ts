import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { emergencyText, FreezeState, newId, OperatorKey } from '@castellan/contracts'
import { expect, test } from 'vitest'
import { OWNER_TOKEN, refusal, TestAgentd } from '../support/agentd.ts'

test('an operator’s signature freezes all agents and thaws them, and the ledger says whose', async () => {
  const agentd = await TestAgentd.start()
  const key = await enrol(agentd)
  const { freeze } = await send(agentd, '/v1/freeze', signed(key, { reason: 'too eager' }))
  expect(freeze).toMatchObject({ level: 1, reason: 'too eager (signed by laptop)' })
  expect((await refusal(agentd.call('test_echo'))).code).toBe('agents_frozen')
  const thawed = await send(agentd, '/v1/thaw', signed(key, { reason: '', freeze: freeze?.id ?? '' }))
  expect(thawed).toEqual({ freeze: null })
  await agentd.call('test_echo')
  const types = (await agentd.entries()).map(({ entry }) => entry.type)
  expect(types).toEqual(expect.arrayContaining(['agents_frozen', 'agents_thawed']))
})

test('without an enrolled key nothing is frozen, and nobody who is frozen thaws themselves', async () => {
  const agentd = await TestAgentd.start()
  const own = generateKeyPairSync('ed25519').privateKey
  const stranger = { secret: own, key_id: newId('opk') }
  expect((await refusal(send(agentd, '/v1/freeze', signed(stranger, { reason: '' })))).code).toBe('operator_unknown')
  const key = await enrol(agentd)
  const forged = signed({ ...key, secret: own }, { reason: '' })
  expect((await refusal(send(agentd, '/v1/freeze', forged))).code).toBe('signature_invalid')
  await agentd.call('test_echo')
})

test('a signature serves once, soon, for what it says, and a thaw for the freeze it names', async () => {
  const agentd = await TestAgentd.start()
  const key = await enrol(agentd)
  const asked = signed(key, { reason: 'once' })
  const { freeze } = await send(agentd, '/v1/freeze', asked)
  expect((await refusal(send(agentd, '/v1/freeze', asked))).code).toBe('signature_invalid')
  const late = signed(key, { reason: '', at: new Date(Date.now() - 6 * 60_000).toISOString() })
  expect((await refusal(send(agentd, '/v1/freeze', late))).code).toBe('signature_invalid')
  const changed = { ...signed(key, { reason: 'a' }), reason: 'b' }
  expect((await refusal(send(agentd, '/v1/freeze', changed))).code).toBe('signature_invalid')
  // A freeze's signature is none for its thaw.
  const turned = { ...signed(key, { reason: '' }), freeze: freeze?.id ?? '' }
  expect((await refusal(send(agentd, '/v1/thaw', turned))).code).toBe('signature_invalid')
  const other = signed(key, { reason: '', freeze: newId('frz') })
  expect((await refusal(send(agentd, '/v1/thaw', other))).code).toBe('conflict')
})

test('the owner’s token, which a gateway may hold, ends no freeze and begins none', async () => {
  const agentd = await TestAgentd.start()
  const { freeze } = await send(agentd, '/v1/freeze', signed(await enrol(agentd), { reason: '' }))
  const byToken = (said: Said) => {
    const at = new Date().toISOString()
    const mac = createHmac('sha256', OWNER_TOKEN)
      .update(emergencyText({ ...said, at }))
      .digest('hex')
    return { ...said, at, proof: { kind: 'owner_token', mac } }
  }
  const thaw = byToken({ reason: '', freeze: freeze?.id ?? '' })
  expect((await refusal(send(agentd, '/v1/thaw', thaw))).code).toBe('forbidden')
  expect((await refusal(send(agentd, '/v1/freeze', byToken({ reason: '' })))).code).toBe('forbidden')
  expect((await refusal(agentd.call('test_echo'))).code).toBe('agents_frozen')
})

interface Key {
  readonly key_id: string
  readonly secret: KeyObject
}

interface Said {
  readonly reason: string
  readonly at?: string
  readonly freeze?: string
}

function send(agentd: TestAgentd, path: string, body: unknown): Promise<FreezeState> {
  return agentd.agent.request('POST', path, { body, schema: FreezeState })
}

function signed({ key_id, secret }: Key, { at = new Date().toISOString(), ...said }: Said) {
  const signature = sign(null, Buffer.from(emergencyText({ ...said, at })), secret).toString('base64')
  return { ...said, at, proof: { kind: 'signature', key_id, signature } }
}

async function enrol(agentd: TestAgentd): Promise<Key> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const public_key = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('base64')
  const body = { name: 'laptop', public_key }
  const { key_id } = await agentd.operator.request('POST', '/v1/operators', { body, schema: OperatorKey })
  return { key_id, secret: privateKey }
}
