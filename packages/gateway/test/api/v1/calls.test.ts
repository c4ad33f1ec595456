import type { Call, CallPage } from '@castellan/contracts/api'
import { until } from '@castellan/testing'
import { expect, test } from 'vitest'
import type { z } from 'zod'
import { type Answer, startGateway, type TestGateway } from '../../support/gateway.ts'
import { signIn } from '../../support/sign-in.ts'

function as(gateway: TestGateway) {
  const headers = { authorization: `Bearer ${gateway.token}` }
  const json = { ...headers, 'content-type': 'application/json' }
  return {
    get: (path: string) => gateway.ask(path, { headers }),
    delete: (path: string) => gateway.ask(path, { method: 'DELETE', headers }),
    post: (path: string, body: unknown) =>
      gateway.ask(path, { method: 'POST', headers: json, body: JSON.stringify(body) }),
  }
}

const callOf = (answer: Answer) => answer.json as unknown as Call

test('a call that nobody has to agree to is answered with its outcome', async () => {
  const owner = as(await startGateway())
  const made = await owner.post('/api/v1/calls', { tool: 'disk_usage' })
  expect(made.status).toBe(201)
  expect(callOf(made)).toMatchObject({ state: 'done', outcome: { ok: true, result: { usedBytes: 42 } }, error: null })
  const found = await owner.get(`/api/v1/calls/${callOf(made).call_id}`)
  expect(callOf(found)).toEqual(callOf(made))
})

test('what a person has done on the page says so, and what a program does says that', async () => {
  const gateway = await startGateway()
  await as(gateway).post('/api/v1/calls', { tool: 'disk_usage' })
  const headers = { ...(await signIn(gateway)), 'content-type': 'application/json' }
  await gateway.ask('/api/v1/calls', { method: 'POST', headers, body: JSON.stringify({ tool: 'disk_usage' }) })
  expect(gateway.agentd.calls.map(({ channel }) => channel)).toEqual(['api', 'page'])
})

test('a call that needs a yes waits, and goes on by itself once it has one', async () => {
  const gateway = await startGateway()
  const owner = as(gateway)
  const made = callOf(await owner.post('/api/v1/calls', { tool: 'file_write', args: { path: 'notes.txt' } }))
  expect(made).toMatchObject({ state: 'waiting', outcome: null })
  const question = await owner.get(`/api/v1/approvals/${made.approval_id}`)
  expect(question.json).toMatchObject({ state: 'pending', tool: 'file_write' })
  expect((question.json.signing as { approve: string }).approve).toContain(made.call_id)

  const waiting = owner.get(`/api/v1/calls/${made.call_id}?wait=20`)
  const decided = await owner.post(`/api/v1/approvals/${made.approval_id}/decision`, { verdict: 'approve' })
  expect(decided.status).toBe(200)
  expect(callOf(await waiting)).toMatchObject({ state: 'done', outcome: { ok: true } })
  const asked = gateway.agentd.calls.map(({ call_id, approval_id }) => [call_id, approval_id !== undefined])
  expect(asked).toEqual([
    [made.call_id, false],
    [made.call_id, true],
  ])
})

test('a call that is denied ends as refused, and says why', async () => {
  const owner = as(await startGateway())
  const made = callOf(await owner.post('/api/v1/calls', { tool: 'file_write', args: { path: 'x' } }))
  await owner.post(`/api/v1/approvals/${made.approval_id}/decision`, { verdict: 'deny' })
  const ended = callOf(await owner.get(`/api/v1/calls/${made.call_id}?wait=20`))
  expect(ended).toMatchObject({ state: 'refused', error: { code: 'approval_denied' } })
  expect(ended.ended_at).not.toBeNull()
})

test('a call that is stopped while it waits is withdrawn, so that a late yes counts for nothing', async () => {
  const gateway = await startGateway()
  const owner = as(gateway)
  const made = callOf(await owner.post('/api/v1/calls', { tool: 'file_write', args: { path: 'x' } }))
  const stopped = callOf(await owner.delete(`/api/v1/calls/${made.call_id}`))
  expect(stopped).toMatchObject({ state: 'refused', error: { code: 'cancelled' } })
  const late = await owner.post(`/api/v1/approvals/${made.approval_id}/decision`, { verdict: 'approve' })
  expect(late.json.code).toBe('approval_withdrawn')
})

test('what agentd refuses at once is an ordinary refusal, and is not listed', async () => {
  const owner = as(await startGateway())
  const refused = await owner.post('/api/v1/calls', { tool: 'no_such_tool' })
  expect([refused.status, refused.json.code]).toEqual([404, 'unknown_tool'])
  expect((await owner.get('/api/v1/calls')).json).toEqual({ items: [], next_cursor: null })
})

test('a call that takes longer than one waits is under way, and can be stopped', async () => {
  const gateway = await startGateway()
  const stoppedBy: unknown[] = []
  gateway.agentd.tools.set('slow_scan', {
    run: (_, signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(stoppedBy.push(true)))),
  })
  const owner = as(gateway)
  const made = callOf(await owner.post('/api/v1/calls', { tool: 'slow_scan', wait: 0 }))
  expect(made.state).toBe('running')
  await until('agentd has the call', () => gateway.agentd.calls.length > 0)
  expect(callOf(await owner.delete(`/api/v1/calls/${made.call_id}`))).toMatchObject({ state: 'refused' })
  await until('the tool was told', () => stoppedBy.length > 0)
})

test('the id of a call that is remembered makes no second call', async () => {
  const gateway = await startGateway()
  const owner = as(gateway)
  const call = { tool: 'disk_usage', call_id: 'call_AAAAAAAAAAAAAAAA' }
  await owner.post('/api/v1/calls', call)
  const again = await owner.post('/api/v1/calls', call)
  expect([again.status, again.json.code]).toEqual([409, 'duplicate_call'])
  expect(gateway.agentd.calls).toHaveLength(1)
})

test('calls are listed newest first, page by page', async () => {
  const owner = as(await startGateway())
  for (let i = 0; i < 5; i++) await owner.post('/api/v1/calls', { tool: 'disk_usage', args: { i } })
  const seen: unknown[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page = (await owner.get(`/api/v1/calls?limit=2${cursor && `&cursor=${cursor}`}`)) as Answer
    const { items, next_cursor } = page.json as unknown as z.infer<typeof CallPage>
    seen.push(...items.map(({ args }) => args.i))
    cursor = next_cursor
  }
  expect(seen).toEqual([4, 3, 2, 1, 0])
})

test('a cursor that was never given out is refused', async () => {
  const owner = as(await startGateway())
  for (const cursor of ['x', '-1', Buffer.from('01').toString('base64url'), Buffer.from('1e3').toString('base64url')]) {
    expect((await owner.get(`/api/v1/calls?cursor=${cursor}`)).json.code).toBe('invalid_request')
  }
})

test('calls that wait when the gateway stops are withdrawn', async () => {
  const gateway = await startGateway()
  const owner = as(gateway)
  await owner.post('/api/v1/calls', { tool: 'file_write', args: { path: 'x' } })
  expect(gateway.agentd.pending).toHaveLength(1)
  const { agentd } = gateway
  await gateway.app.close()
  expect(agentd.pending).toHaveLength(0)
})

test('nobody calls as an agent that is not there, nor a bound token as another than its own', async () => {
  const gateway = await startGateway()
  const owner = as(gateway)
  const invented = await owner.post('/api/v1/calls', { tool: 'disk_usage', agent: 'invented' })
  expect([invented.status, invented.json.code]).toEqual([404, 'not_found'])
  await owner.post('/api/v1/calls', { tool: 'disk_usage' })

  const bound = { name: 'bound', scopes: ['operate'], agent: 'helper' }
  const { token } = (await owner.post('/api/v1/tokens', bound)).json as unknown as { token: string }
  const helper = as({ ...gateway, token })
  const asMain = await helper.post('/api/v1/calls', { tool: 'disk_usage', agent: 'main' })
  expect([asMain.status, asMain.json.code]).toEqual([403, 'forbidden'])
  expect((await helper.get('/api/v1/calls')).json.items).toEqual([])
  expect(gateway.agentd.calls.map(({ agent }) => agent)).toEqual(['main'])
})

test('a call and its result are seen and stopped with the credential that made it, and by whoever may do anything', async () => {
  const gateway = await startGateway()
  const owner = as(gateway)
  const tokenFor = async (scope: string) => {
    const { json } = await owner.post('/api/v1/tokens', { name: scope, scopes: [scope] })
    return as({ ...gateway, token: String(json.token) })
  }
  const maker = await tokenFor('operate')
  const made = callOf(await maker.post('/api/v1/calls', { tool: 'disk_usage' }))
  const path = `/api/v1/calls/${made.call_id}`
  for (const other of [await tokenFor('operate'), await tokenFor('read')]) {
    expect((await other.get('/api/v1/calls')).json.items).toEqual([])
    expect((await other.get(path)).json.code).toBe('not_found')
    expect((await other.delete(path)).status).not.toBe(200)
  }
  for (const entitled of [maker, await tokenFor('admin'), owner]) {
    expect(callOf(await entitled.get(path))).toEqual(made)
    expect((await entitled.get('/api/v1/calls')).json.items).toHaveLength(1)
  }
})
