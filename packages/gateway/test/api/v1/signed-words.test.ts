import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { emergencyText, LedgerVerification, OperatorKey, operatorKeyText, recoveryText } from '@castellan/contracts'
import { expect, test } from 'vitest'
import { startGateway } from '../../support/gateway.ts'
import { type RealAgentd, startAgentd } from '../../support/real-agentd.ts'

interface Key {
  readonly key_id: string
  readonly secret: KeyObject
}

async function enrol({ operator }: RealAgentd, name: string, person = 'Ann'): Promise<Key> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const public_key = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('base64')
  const body = { name, public_key, person }
  const { key_id } = await operator.request('POST', '/v1/operators', { body, schema: OperatorKey })
  return { key_id, secret: privateKey }
}

function word<Said extends object>({ key_id, secret }: Key, said: Said, text: (said: Said & { at: string }) => string) {
  const stated = { ...said, at: new Date().toISOString() }
  const signature = sign(null, Buffer.from(text(stated)), secret).toString('base64')
  return { ...stated, key_id, signature }
}

async function start() {
  const gateway = await startGateway({ agentd: false })
  const agentd = await startAgentd(gateway.folder)
  const headers = { authorization: `Bearer ${gateway.token}`, 'content-type': 'application/json' }
  const get = (path: string) => gateway.ask(path, { headers })
  const post = (path: string, body: unknown) =>
    gateway.ask(path, { method: 'POST', headers, body: JSON.stringify(body) })
  return { gateway, agentd, get, post }
}

test('operator keys are listed without the keys, renamed and removed on the word of another', async () => {
  const { agentd, get, post } = await start()
  const laptop = await enrol(agentd, 'laptop')
  const phone = await enrol(agentd, 'phone')
  const bobs = await enrol(agentd, 'desk', 'Bob')
  const listed = await get('/api/v1/operators')
  expect((listed.json.operators as { name: string }[]).map(({ name }) => name)).toEqual(['laptop', 'phone', 'desk'])
  expect(listed.text).not.toContain('public_key')

  const path = `/api/v1/operators/${phone.key_id}`
  const renaming = word(laptop, { name: 'old phone' }, (said) => operatorKeyText(phone.key_id, said))
  expect((await post(`${path}/name`, renaming)).json).toMatchObject({ key_id: phone.key_id, name: 'old phone' })
  const removal = (by: Key, id: string) => word(by, {}, (said) => operatorKeyText(id, said))
  expect((await post(`${path}/removal`, removal(bobs, phone.key_id))).json.code).toBe('forbidden')
  expect((await post(`${path}/removal`, removal(laptop, laptop.key_id))).json.code).toBe('signature_invalid')
  expect((await post(`${path}/removal`, removal(laptop, phone.key_id))).status).toBe(200)
  const left = (await get('/api/v1/operators')).json.operators as { key_id: string; last_used_at?: string }[]
  expect(left.map(({ key_id }) => key_id)).toEqual([laptop.key_id, bobs.key_id])
  expect(left[0]?.last_used_at).toBeDefined()
})

test('an incident is shown and walked back from while agents are frozen', async () => {
  const { agentd, get, post } = await start()
  const key = await enrol(agentd, 'laptop')
  const reported = await post('/api/v1/calls', { tool: 'incident_create', args: { subject: 'nginx', summary: 'Odd.' } })
  if (reported.json.state === 'waiting') {
    await post(`/api/v1/approvals/${reported.json.approval_id}/decision`, { verdict: 'approve' })
  }
  const done = await get(`/api/v1/calls/${reported.json.call_id}?wait=25`)
  const { incident } = (done.json.outcome as { result: { incident: { id: string } } }).result
  const frozen = word(key, { reason: 'Look first.' }, emergencyText)
  expect((await post('/api/v1/freeze', frozen)).status).toBe(200)

  const path = `/api/v1/incidents/${incident.id}`
  expect((await get('/api/v1/incidents?state=open')).json).toMatchObject({ items: [{ id: incident.id }] })
  expect((await get('/api/v1/incidents?state=resolved')).json).toEqual({ items: [], next_cursor: null })
  expect((await get(path)).json).toMatchObject({ id: incident.id, subject: 'nginx', firstAt: expect.any(String) })
  expect((await get(`${path}/recovery`)).json).toMatchObject({ steps: [{ step: 'cause', state: 'next' }, {}] })
  expect((await get('/api/v1/incidents/inc_AAAAAAAAAAAAAAAA')).json.code).toBe('not_found')

  const step = (step: 'cause' | 'resolve', reason = '') =>
    word(key, { step, force: reason !== '', reason }, (said) => recoveryText(incident.id, said))
  expect((await post(`${path}/recovery`, step('resolve'))).json.code).toBe('conflict')
  // It was seen this very minute.
  expect((await post(`${path}/recovery`, step('cause'))).json.code).toBe('cause_persists')
  expect((await post(`${path}/recovery`, step('cause', 'I reported it.'))).json).toMatchObject({
    steps: [{ state: 'done' }, {}],
  })
  expect((await post(`${path}/recovery`, step('resolve'))).json).toMatchObject({ incident: { state: 'resolved' } })
})

test('a verification comes as events, and its refusals as ordinary ones', async () => {
  const { gateway, agentd, get } = await start()
  const told = await get('/api/v1/ledger/verification')
  expect(told.headers['content-type']).toContain('text/event-stream')
  const lines = told.text.split('\n').filter((line) => line.startsWith('data: '))
  const events = lines.map((line) => LedgerVerification.parse(JSON.parse(line.slice('data: '.length))))
  expect(events.at(0)).toMatchObject({ type: 'progress', checked: 0 })
  expect(events.at(-1)).toMatchObject({ type: 'verdict', ok: true })
  await agentd.restart()
  expect((await gateway.ask('/api/v1/ledger/verification')).status).toBe(401)
})
