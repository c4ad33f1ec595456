import { join } from 'node:path'
import { CredentialStoreMark, LedgerRecorded, type LedgerRecordRequest, TokenMarks } from '@castellan/contracts'
import { expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { client, refusal, TestAgentd } from '../support/agentd.ts'

async function start() {
  const agentd = await TestAgentd.start()
  const socket = client(join(agentd.stateDir, 'sockets/record.sock'))
  onTestFinished(() => socket.close())
  const record = (body: unknown) => socket.request('POST', '/v1/records', { body, schema: LedgerRecorded })
  const mark = () => socket.request('GET', '/v1/records/credential-store', { schema: CredentialStoreMark })
  return { agentd, socket, record, mark }
}

const store = 'a'.repeat(32)
const state = { store, generation: 2, event: 'AAAAAAAAAAAAAAAA' }
const created: LedgerRecordRequest = {
  type: 'credential_created',
  ...state,
  credential: 'cred_0123456789' as never,
  provider: 'openai',
  auth: 'api_key',
  version: 1,
}

it('appends a record as an entry of the process it belongs to, with its fields as public facts', async () => {
  const { agentd, record } = await start()
  const { index } = await record(created)
  const [newest] = await agentd.entries('&type=credential_created')
  expect(newest?.entry).toMatchObject({
    index,
    type: 'credential_created',
    actor: { kind: 'system', name: 'gateway' },
    facts: { ...state, credential: 'cred_0123456789', provider: 'openai', auth: 'api_key', version: 1 },
  })
  expect(newest?.payload_state).toBe('none')
})

it('puts how it went, how long it took and what it is about where entries have fields for that', async () => {
  const { agentd, record } = await start()
  await record({ type: 'egress_ended', target: 0, bytes: 12, duration_ms: 34, ok: false, code: 'egress_timeout' })
  const [newest] = await agentd.entries('&type=egress_ended')
  expect(newest?.entry).toMatchObject({
    actor: { kind: 'system', name: 'airlock' },
    target: 0,
    duration_ms: 34,
    ok: false,
    code: 'egress_timeout',
    facts: { bytes: 12 },
  })
})

it.each([
  ['an entry of agentd itself', { type: 'approval_decided', ok: true }],
  ['a field nobody agreed to', { ...created, secret: 'sk-planted' }],
  ['an actor of its own choice', { ...created, actor: { kind: 'operator', name: 'operator' } }],
  ['a sentence where a word belongs', { ...created, provider: 'openai with the key sk-planted' }],
  ['no type', {}],
])('refuses %s and does not repeat it', async (_what, body) => {
  const { agentd, record } = await start()
  const before = (await agentd.entries()).length
  const error = await refusal(record(body))
  expect(error.code).toBe('invalid_request')
  expect(JSON.stringify(error.toEnvelope())).not.toContain('sk-planted')
  expect((await agentd.entries()).length).toBe(before)
})

it('refuses a record above 8 KiB', async () => {
  const { record } = await start()
  expect((await refusal(record({ type: 'egress_shut', reason: 'x'.repeat(9000) }))).code).toBe('body_too_large')
})

it('takes no tool call, approval or ledger question', async () => {
  const { socket } = await start()
  for (const [method, path] of [
    ['POST', '/v1/calls'],
    ['GET', '/v1/approvals'],
    ['GET', '/v1/ledger/entries'],
    ['POST', '/v1/sessions/mode'],
    ['POST', '/v1/panic'],
  ] as const) {
    expect([path, (await refusal(socket.request(method, path, { schema: z.unknown() }))).code]).toEqual([
      path,
      'not_found',
    ])
  }
})

it('knows the newest state of the credential store, and none where there never was one', async () => {
  const { record, mark } = await start()
  expect(await mark()).toEqual({ mark: null })
  await record({ type: 'credential_store_made', ...state, generation: 1 })
  await record(created)
  const { index } = await record({
    type: 'credential_deleted',
    ...state,
    generation: 3,
    credential: 'cred_0123456789',
    provider: 'openai',
  })
  await record({ type: 'credential_tested', credential: 'cred_0123456789', provider: 'openai', ok: true })
  expect(await mark()).toEqual({ mark: { store, generation: 3, index } })
})

it('tells which tokens were revoked and how often each was given a new secret, however many there are', async () => {
  const { socket, record } = await start()
  const marks = () => socket.request('GET', '/v1/records/tokens', { schema: TokenMarks })
  expect(await marks()).toEqual({ revoked: [], rotations: {} })
  await record({ type: 'token_created', token: 'tok_aaaaaaaaaaaaaaaa', scope: 'read' })
  for (const token of ['tok_aaaaaaaaaaaaaaaa', 'tok_bbbbbbbbbbbbbbbb']) await record({ type: 'token_rotated', token })
  await record({ type: 'token_rotated', token: 'tok_aaaaaaaaaaaaaaaa' })
  await record({ type: 'token_revoked', token: 'tok_bbbbbbbbbbbbbbbb' })
  expect(await marks()).toEqual({
    revoked: ['tok_bbbbbbbbbbbbbbbb'],
    rotations: { tok_aaaaaaaaaaaaaaaa: 2, tok_bbbbbbbbbbbbbbbb: 1 },
  })
})
