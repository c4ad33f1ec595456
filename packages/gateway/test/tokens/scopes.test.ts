import { type Operation, operations, SCOPES } from '@castellan/contracts/api'
import { expect, test } from 'vitest'
import { makeToken, request } from '../support/api.ts'
import { startGateway } from '../support/gateway.ts'

/** A path of the operation's form; what is at it does not matter, as the scope is judged first. A stream would not end. */
const pathOf = ({ path, content }: Operation) => {
  return `${path.replaceAll(/\{[a-z_]+\}/g, 'nothing')}${content === 'text/event-stream' ? '?after=nothing' : ''}`
}

test.each(SCOPES)('a token with %s is refused exactly what is above it, in every operation', async (scope) => {
  const gateway = await startGateway()
  const { secret } = await makeToken(gateway, { scopes: [scope] })
  for (const operation of operations) {
    if (operation.scope === 'public') continue
    const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json' }
    const hasBody = operation.method !== 'GET' && operation.method !== 'DELETE'
    const options = { method: operation.method, headers, ...(hasBody ? { body: '{"nothing":1}' } : {}) }
    const { status, json } = await gateway.ask(pathOf(operation), options)
    const isAbove = SCOPES.indexOf(operation.scope) > SCOPES.indexOf(scope)
    const refusedForScope = status === 403 && /needs the scope/.test(JSON.stringify(json))
    expect([operation.id, refusedForScope]).toEqual([operation.id, isAbove])
    expect([operation.id, status]).not.toEqual([operation.id, 401])
  }
})

test('without a credential every operation that is not public is refused', async () => {
  const gateway = await startGateway()
  for (const operation of operations) {
    const { status } = await gateway.ask(pathOf(operation), { method: operation.method })
    if (operation.scope === 'public') expect([operation.id, status]).not.toEqual([operation.id, 401])
    else expect([operation.id, status]).toEqual([operation.id, 401])
  }
})

test.each([
  ['read', '/api/v1/chats/main/transcript', 403],
  ['chat', '/api/v1/chats/main/transcript', 200],
  ['read', '/mcp', 403],
  ['chat', '/mcp', 403],
])('with %s alone %s answers %i', async (scope, path, status) => {
  const gateway = await startGateway()
  const { secret } = await makeToken(gateway, { scopes: [scope as 'read'] })
  expect((await request(gateway, path, { token: secret })).status).toBe(status)
})

test('chatting needs the scope chat, and calling tools by name in a chat the scope operate', async () => {
  const gateway = await startGateway()
  const bearer = async (scope: 'read' | 'chat' | 'operate') => {
    const { secret } = await makeToken(gateway, { scopes: [scope] })
    return { authorization: `Bearer ${secret}` }
  }
  const refused = await gateway.refusedSocket('/ws', await bearer('read'))
  expect([refused.status, refused.json.code]).toEqual([403, 'forbidden'])
  const chatting = await gateway.connect({ headers: await bearer('chat') })
  chatting.send({ type: 'chat', text: '/call disk_usage {}' })
  expect((await chatting.hears('error')).code).toBe('forbidden')
  expect(gateway.agentd.calls).toHaveLength(0)
  await chatting.ask('/help')
  const operating = await gateway.connect({ headers: await bearer('operate') })
  await operating.ask('/call disk_usage {}')
  expect(gateway.agentd.calls).toHaveLength(1)
})

test('a token bound to another agent cannot speak with this one', async () => {
  const gateway = await startGateway()
  await (await gateway.connect()).ask('/help')
  const { secret } = await makeToken(gateway, { scopes: ['operate'], agent: 'other' })
  const program = await gateway.connect({ headers: { authorization: `Bearer ${secret}` } })
  program.send({ type: 'chat', text: 'hello' })
  expect((await program.hears('error')).code).toBe('forbidden')
})

test('a token for one agent is refused every administration of the whole server', async () => {
  const gateway = await startGateway()
  const { secret: token } = await makeToken(gateway, { scopes: ['admin'], agent: 'other' })
  const refused = []
  for (const operation of operations.filter(({ scope }) => scope === 'admin')) {
    const hasBody = operation.method !== 'GET' && operation.method !== 'DELETE'
    const asking = { method: operation.method, token, ...(hasBody ? { body: { nothing: 1 } } : {}) }
    const { status, json } = await request(gateway, pathOf(operation), asking)
    if (status === 403 && /is about the whole server/.test(json.message)) refused.push(operation.id)
  }
  const whole = operations.filter(({ scope, ofOneAgent }) => scope === 'admin' && ofOneAgent !== true)
  expect(refused).toEqual(whole.map(({ id }) => id))
  for (const id of ['createCredential', 'exportCredentials', 'showRecoveryPhrase', 'setPassphrase', 'reloadAgents'])
    expect(refused).toContain(id)
})

test('a token for one agent sees and ends the tokens of that agent alone', async () => {
  const gateway = await startGateway()
  const { secret: token } = await makeToken(gateway, { scopes: ['admin'], agent: 'other' })
  const whole = await makeToken(gateway)
  const own = await makeToken(gateway, { agent: 'other' }, token)
  const { json } = await request(gateway, '/api/v1/tokens', { token })
  expect(JSON.stringify(json)).not.toContain(whole.id)
  expect(JSON.stringify(json)).toContain(own.id)
  for (const method of ['GET', 'DELETE']) {
    expect((await request(gateway, `/api/v1/tokens/${whole.id}`, { method, token })).status).toBe(403)
    expect((await request(gateway, `/api/v1/tokens/${own.id}`, { method, token })).status).toBe(200)
  }
  const rotation = { body: { overlap_minutes: 0 }, token }
  expect((await request(gateway, `/api/v1/tokens/${whole.id}/rotation`, rotation)).status).toBe(403)
})

test('a token approves nothing by itself, and with approve-never carries not even what a key signed', async () => {
  const gateway = await startGateway()
  const owner = await gateway.connect()
  owner.send({ type: 'chat', text: '/call file_write {"path":"a"}' })
  const { approval_id } = await owner.hears('approval_required')
  const signed = { key_id: 'opk_0123456789abcdef', signature: 'AAAA' }
  const expected = [
    [['operate'], {}, /approves nothing by itself/],
    [['operate', 'approve-never'], signed, /approve-never/],
    [['admin', 'approve-never'], signed, /approve-never/],
    [['chat'], signed, /needs the scope operate/],
  ] as const
  for (const [scopes, proof, why] of expected) {
    const { secret } = await makeToken(gateway, { scopes: [...scopes] })
    const program = await gateway.connect({ headers: { authorization: `Bearer ${secret}` } })
    for (const type of ['approve', 'deny', 'always'] as const) {
      const from = program.frames.length
      program.send({ type, approval_id, ...proof })
      const refusal = await program.hears('error', () => true, from)
      expect([refusal.code, refusal.message]).toEqual(['forbidden', expect.stringMatching(why)])
    }
    await program.close()
  }
  expect(gateway.agentd.decisions).toHaveLength(0)
})

test('a route that says neither its scope nor that it is public fails the start', async () => {
  const { app } = await startGateway({ server: {} })
  expect(() => app.get('/forgotten', () => 'x')).toThrow()
})
