import { randomBytes } from 'node:crypto'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { OperatorKey, OperatorKeyName, OperatorListing } from '@castellan/contracts'
import { expect, test } from 'vitest'
import { refusal, TestAgentd } from '../support/agentd.ts'

test('root enrols, lists and revokes keys; each is in the ledger and survives a restart', async () => {
  const agentd = await TestAgentd.start()
  const first = await enrol(agentd, { name: 'laptop' })
  const second = await enrol(agentd, { name: 'phone' })
  const revoked = await revoke(agentd, first.key_id)
  expect(revoked.revoked_at).toBeDefined()
  expect(await agentd.story()).toEqual(['operator_enrolled', 'operator_enrolled', 'operator_revoked'])
  await agentd.stop()

  const restarted = await TestAgentd.start({ stateDir: agentd.stateDir })
  const { operators } = await restarted.operator.request('GET', '/v1/operators', { schema: OperatorListing })
  expect(operators).toEqual([revoked, second])
  expect(statSync(join(agentd.stateDir, 'agentd/operators.json')).mode & 0o777).toBe(0o600)
})

test.each([
  ['31 bytes', randomBytes(31).toString('base64')],
  ['no base64', 'not base64!'],
  ['nothing', ''],
])('a public key of %s is refused', async (_, public_key) => {
  const agentd = await TestAgentd.start()
  expect((await refusal(enrol(agentd, { public_key }))).code).toBe('invalid_request')
})

test('a key is enrolled once', async () => {
  const agentd = await TestAgentd.start()
  const { public_key } = await enrol(agentd, {})
  expect((await refusal(enrol(agentd, { public_key }))).code).toBe('conflict')
})

test.each(['opk_doesnotexist', 'nonsense'])('revoking a key that is not there is operator_unknown: %s', async (id) => {
  const agentd = await TestAgentd.start()
  expect((await refusal(revoke(agentd, id))).code).toBe('operator_unknown')
})

function enrol(agentd: TestAgentd, body: Partial<OperatorKey>): Promise<OperatorKey> {
  const whole = { name: 'laptop', public_key: randomBytes(32).toString('base64'), ...body }
  return agentd.operator.request('POST', '/v1/operators', { body: whole, schema: OperatorKey })
}

function revoke(agentd: TestAgentd, id: string): Promise<OperatorKey> {
  return agentd.operator.request('DELETE', `/v1/operators/${id}`, { schema: OperatorKey })
}

test('a key is renamed by root, and whose key it is stays', async () => {
  const agentd = await TestAgentd.start()
  const { key_id } = await enrol(agentd, { name: 'laptop', person: 'Ann' })
  const path = `/v1/operators/${key_id}`
  const renamed = await agentd.operator.request('PATCH', path, { body: { name: 'old laptop' }, schema: OperatorKey })
  expect(renamed).toMatchObject({ key_id, name: 'old laptop', person: 'Ann' })
  expect(await agentd.story()).toEqual(['operator_enrolled', 'operator_renamed'])
})

test('without a person the name says whose key it is', async () => {
  const agentd = await TestAgentd.start()
  expect(await enrol(agentd, { name: 'Bob' })).toMatchObject({ name: 'Bob', person: 'Bob' })
})

test('who holds a key learns on agent.sock under which id it counts, and of no other key', async () => {
  const agentd = await TestAgentd.start()
  const { key_id, public_key } = await enrol(agentd, { name: 'Bob' })
  const ask = (key: string) =>
    agentd.agent.request('GET', `/v1/operators/key?public_key=${encodeURIComponent(key)}`, { schema: OperatorKeyName })
  expect(await ask(public_key)).toEqual({ key_id, name: 'Bob', person: 'Bob' })
  expect((await refusal(ask(randomBytes(32).toString('base64')))).code).toBe('operator_unknown')
  await revoke(agentd, key_id)
  expect((await refusal(ask(public_key))).code).toBe('operator_unknown')
})
