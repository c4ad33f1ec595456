import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { Incident, OperatorKey, RecoveryPlan, recoveryText } from '@castellan/contracts'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { tools } from '../../src/tools/index.ts'
import { asDone, OWNER_TOKEN, refusal, TestAgentd } from '../support/agentd.ts'

it('a step back that an enrolled operator signed counts on agent.sock, once and for nothing else', async () => {
  const agentd = await TestAgentd.start({ tools, settings: { incidents: { quietSeconds: 0 } } })
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const public_key = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64')
  const enrolled = { name: 'Ada', public_key }
  const { key_id } = await agentd.operator.request('POST', '/v1/operators', { body: enrolled, schema: OperatorKey })
  const report = asDone(await agentd.operate('incident_create', { subject: 'x', summary: 'x' })).result
  const { id } = z.object({ incident: z.object({ id: z.string() }) }).parse(report).incident

  const signed = (step: 'cause' | 'resolve', at = new Date().toISOString(), reason = 'Looked.') => {
    const body = { step, force: false, reason, at }
    const signature = sign(null, Buffer.from(recoveryText(id, body)), privateKey).toString('base64')
    return { ...body, proof: { kind: 'signature', key_id, signature } }
  }
  const take = (body: object) =>
    agentd.agent.request('POST', `/v1/incidents/${id}/recovery`, { body, schema: RecoveryPlan })
  const cause = signed('cause')
  expect((await refusal(take({ ...cause, step: 'resolve' }))).code).toBe('signature_invalid')
  expect((await refusal(take({ ...cause, force: true }))).code).toBe('signature_invalid')
  expect((await refusal(take(signed('cause', '2020-01-01T00:00:00.000Z')))).code).toBe('signature_invalid')
  // What a gateway may hold in its memory lifts nothing that contains that gateway.
  const { proof: _, ...said } = signed('cause')
  const mac = createHmac('sha256', OWNER_TOKEN).update(recoveryText(id, said)).digest('hex')
  expect((await refusal(take({ ...said, proof: { kind: 'owner_token', mac } }))).code).toBe('forbidden')
  expect((await take(cause)).steps).toMatchObject([{ state: 'done' }, { step: 'resolve', state: 'next' }])
  expect((await refusal(take(cause))).code).toBe('signature_invalid')
  expect((await take(signed('resolve'))).incident.state).toBe('resolved')
  const closed = await agentd.operator.request('GET', `/v1/incidents/${id}`, { schema: Incident })
  expect(closed.steps.at(-1)).toMatchObject({ by: 'Ada', note: 'Looked.' })
})
