import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { EnrolledKey, EnrolledKeys, newId, OperatorKey, operatorKeyText } from '@castellan/contracts'
import { expect, test } from 'vitest'
import { refusal, TestAgentd } from '../support/agentd.ts'

test('agent.sock lists the keys in force, without the keys and without what only root may do', async () => {
  const agentd = await TestAgentd.start()
  const laptop = await enrol(agentd, 'laptop')
  const phone = await enrol(agentd, 'phone')
  expect(await listed(agentd)).toEqual([laptop.key_id, phone.key_id])
  const { operators } = await agentd.agent.request('GET', '/v1/operators/enrolled', { schema: EnrolledKeys })
  expect(operators[0]).toEqual({
    ...{ key_id: laptop.key_id, name: 'laptop', person: 'Ann', kind: 'ed25519' },
    ...{ enrolled_at: expect.any(String), enrolled_by: 'operator' },
  })
})

test('a key removes another of the same person: on record, for good, and known to have signed', async () => {
  const agentd = await TestAgentd.start()
  const laptop = await enrol(agentd, 'laptop')
  const phone = await enrol(agentd, 'phone')
  await remove(agentd, phone.key_id, laptop)
  expect(await listed(agentd)).toEqual([laptop.key_id])
  const entry = (await agentd.entries()).find(({ entry: { type } }) => type === 'operator_revoked')?.entry
  expect(entry).toMatchObject({
    actor: { kind: 'operator', name: 'laptop' },
    facts: { key_id: phone.key_id, signed_by: laptop.key_id },
  })
  await agentd.stop()
  const restarted = await TestAgentd.start({ stateDir: agentd.stateDir })
  const { operators } = await restarted.agent.request('GET', '/v1/operators/enrolled', { schema: EnrolledKeys })
  expect(operators).toMatchObject([{ key_id: laptop.key_id, last_used_at: expect.any(String) }])
})

test('a key removes neither itself, nor another person’s, nor one that is gone', async () => {
  const agentd = await TestAgentd.start()
  const laptop = await enrol(agentd, 'laptop')
  const bobs = await enrol(agentd, 'desk', 'Bob')
  expect((await refusal(remove(agentd, laptop.key_id, laptop))).code).toBe('conflict')
  expect((await refusal(remove(agentd, bobs.key_id, laptop))).code).toBe('forbidden')
  expect((await refusal(remove(agentd, newId('opk'), laptop))).code).toBe('operator_unknown')
  expect((await refusal(rename(agentd, bobs.key_id, 'mine', laptop))).code).toBe('forbidden')
  expect(await listed(agentd)).toEqual([laptop.key_id, bobs.key_id])
})

test('two keys that remove each other at once leave one', async () => {
  const agentd = await TestAgentd.start()
  const laptop = await enrol(agentd, 'laptop')
  const phone = await enrol(agentd, 'phone')
  const both = [remove(agentd, phone.key_id, laptop), remove(agentd, laptop.key_id, phone)]
  const outcomes = (await Promise.allSettled(both)).map(({ status }) => status).sort()
  expect(outcomes).toEqual(['fulfilled', 'rejected'])
  expect(await listed(agentd)).toHaveLength(1)
})

test('a removed key’s word removes nothing any more', async () => {
  const agentd = await TestAgentd.start()
  const [laptop, phone, tablet] = [
    await enrol(agentd, 'laptop'),
    await enrol(agentd, 'phone'),
    await enrol(agentd, 'tablet'),
  ]
  await remove(agentd, phone.key_id, laptop)
  expect((await refusal(remove(agentd, tablet.key_id, phone))).code).toBe('operator_unknown')
})

test('a key is renamed by a key of the same person, also by itself, and a signature serves for what it says and once', async () => {
  const agentd = await TestAgentd.start()
  const laptop = await enrol(agentd, 'laptop')
  const phone = await enrol(agentd, 'phone')
  expect(await rename(agentd, laptop.key_id, 'old laptop', laptop)).toMatchObject({ name: 'old laptop' })
  const body = said(phone.key_id, laptop, 'old phone')
  const path = `/v1/operators/${phone.key_id}`
  const schema = EnrolledKey
  const other = { ...body, name: 'another' }
  expect((await refusal(agentd.agent.request('POST', `${path}/name`, { body: other, schema }))).code).toBe(
    'signature_invalid',
  )
  await agentd.agent.request('POST', `${path}/name`, { body, schema })
  expect((await refusal(agentd.agent.request('POST', `${path}/name`, { body, schema }))).code).toBe('signature_invalid')
  const { at, proof } = said(phone.key_id, laptop, 'gone')
  const turned = agentd.agent.request('POST', `${path}/removal`, { body: { at, proof }, schema })
  expect((await refusal(turned)).code).toBe('signature_invalid')
  expect(await listed(agentd)).toHaveLength(2)
})

test('what was signed before agentd started anew serves no second time after', async () => {
  const agentd = await TestAgentd.start()
  const laptop = await enrol(agentd, 'laptop')
  const path = `/v1/operators/${laptop.key_id}/name`
  const body = said(laptop.key_id, laptop, 'old laptop')
  await agentd.agent.request('POST', path, { body, schema: EnrolledKey })
  await rename(agentd, laptop.key_id, 'laptop', laptop)
  await agentd.stop()
  const restarted = await TestAgentd.start({ stateDir: agentd.stateDir })
  expect((await refusal(restarted.agent.request('POST', path, { body, schema: EnrolledKey }))).code).toBe(
    'signature_invalid',
  )
  expect(await rename(restarted, laptop.key_id, 'desk', laptop)).toMatchObject({ name: 'desk' })
})

interface Key {
  readonly key_id: string
  readonly secret: KeyObject
}

async function enrol(agentd: TestAgentd, name: string, person = 'Ann'): Promise<Key> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const public_key = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('base64')
  const body = { name, public_key, person }
  const { key_id } = await agentd.operator.request('POST', '/v1/operators', { body, schema: OperatorKey })
  return { key_id, secret: privateKey }
}

async function listed(agentd: TestAgentd): Promise<string[]> {
  const { operators } = await agentd.agent.request('GET', '/v1/operators/enrolled', { schema: EnrolledKeys })
  return operators.map(({ key_id }) => key_id)
}

function said(id: string, { key_id, secret }: Key, name?: string) {
  const at = new Date().toISOString()
  const signature = sign(null, Buffer.from(operatorKeyText(id, { at, name })), secret).toString('base64')
  return { at, ...(name === undefined ? {} : { name }), proof: { kind: 'signature', key_id, signature } }
}

function remove(agentd: TestAgentd, id: string, by: Key): Promise<EnrolledKey> {
  return agentd.agent.request('POST', `/v1/operators/${id}/removal`, { body: said(id, by), schema: EnrolledKey })
}

function rename(agentd: TestAgentd, id: string, name: string, by: Key): Promise<EnrolledKey> {
  return agentd.agent.request('POST', `/v1/operators/${id}/name`, { body: said(id, by, name), schema: EnrolledKey })
}
