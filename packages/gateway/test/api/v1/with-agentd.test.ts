import { newId } from '@castellan/contracts'
import type { Call, LedgerCheck } from '@castellan/contracts/api'
import { checkProof } from '@castellan/ledger'
import { expect, test } from 'vitest'
import { makeToken, request } from '../../support/api.ts'
import { type Answer, startGateway, type TestGateway } from '../../support/gateway.ts'
import { startAgentd } from '../../support/real-agentd.ts'

function as(gateway: TestGateway) {
  const headers = { authorization: `Bearer ${gateway.token}`, 'content-type': 'application/json' }
  const get = async (path: string) => gateway.ask(path, { headers })
  const post = async (path: string, body: unknown) =>
    gateway.ask(path, { method: 'POST', headers, body: JSON.stringify(body) })
  return { get, post }
}

test('through agentd itself: tools, a call with an approval, its entries and proof, and its undo', async () => {
  const gateway = await startGateway({ agentd: false })
  await startAgentd(gateway.folder)
  const { get, post } = as(gateway)

  const tools = await get('/api/v1/tools?about=disk+usage&effect=read')
  expect((tools.json.items as { name: string }[]).map(({ name }) => name)).toContain('disk_usage')
  expect((await get('/api/v1/tools/disk_usage')).json.inputSchema).toBeDefined()

  const call_id = newId('call')
  const file = { path: 'hello.txt', content: 'planted words' }
  const made = await post('/api/v1/calls', { tool: 'file_write', args: file, call_id })
  expect(made.json).toMatchObject({ state: 'waiting' })
  const decision = await post(`/api/v1/approvals/${made.json.approval_id}/decision`, { verdict: 'approve' })
  expect(decision.status).toBe(200)
  const done = (await get(`/api/v1/calls/${call_id}?wait=20`)).json as unknown as Call
  expect(done).toMatchObject({ state: 'done', outcome: { ok: true, undo: { possible: true } } })
  const index = done.outcome?.ledger_index ?? -1

  const entries = (await get(`/api/v1/ledger/entries?call_id=${call_id}`)).json.items as { entry: { type: string } }[]
  expect(entries.map(({ entry }) => entry.type)).toEqual(expect.arrayContaining(['outcome', 'intent']))
  expect(JSON.stringify(entries)).not.toContain('planted words')
  expect((await get(`/api/v1/ledger/entries/${index}`)).json.entry).toMatchObject({ index, type: 'outcome' })

  const head = await get('/api/v1/ledger/head')
  const proof = await get(`/api/v1/ledger/entries/${index}/proof`)
  expect(proof.headers['content-disposition']).toContain(`entry-${index}.tlog-proof`)
  expect(checkProof(proof.text, [head.json.vkey as string]).entry.index).toBe(index)
  const check = (await get('/api/v1/ledger/check')).json as unknown as LedgerCheck
  expect([check.ok, check.checks]).toEqual([true, expect.arrayContaining([])])

  const preview = await get(`/api/v1/undo/${index}`)
  expect(preview.json).toMatchObject({ index, tool: 'file_write', possible: true })
  const undo = await post('/api/v1/undo', { index })
  expect(undo.status).toBe(201)
  if (undo.json.state === 'waiting') {
    await post(`/api/v1/approvals/${undo.json.approval_id}/decision`, { verdict: 'approve' })
  }
  const undone = (await get(`/api/v1/calls/${undo.json.call_id}?wait=20`)).json as unknown as Call
  expect(undone).toMatchObject({ state: 'done', tool: 'undo_apply', outcome: { ok: true } })

  // What the machine has to tell comes by tools, whose outputs have to be what the API says.
  expect((await get('/api/v1/incidents')).json).toMatchObject({ next_cursor: null })
  expect((await get('/api/v1/models')).json).toMatchObject({ items: [], next_cursor: null, chosen: null })
  for (const path of ['/api/v1/generations', '/api/v1/switches']) {
    const { status, json } = await get(path)
    expect([200, 501]).toContain(status)
    if (status === 501) expect(json.code).toBe('unsupported_host')
  }
  expect((await get('/api/v1/switches/sw_AAAAAAAAAAAA')).status).toBeGreaterThanOrEqual(404)
})

test('a token for one agent sees what that agent did and was asked about, and nothing of the others', async () => {
  const gateway = await startGateway({ agentd: false })
  await startAgentd(gateway.folder)
  const { get, post } = as(gateway)
  const read = await post('/api/v1/calls', { tool: 'memory_usage' })
  const asked = await post('/api/v1/calls', { tool: 'file_write', args: { path: 'x', content: 'y' } })
  const index = (read.json as unknown as Call).outcome?.ledger_index ?? -1
  const look = async (agent: string) => {
    const { secret: token } = await makeToken(gateway, { scopes: ['operate'], agent })
    const paths = [
      ...['/api/v1/ledger/entries?limit=100', '/api/v1/approvals', `/api/v1/ledger/entries/${index}`],
      ...[`/api/v1/ledger/entries/${index}/proof`, `/api/v1/approvals/${asked.json.approval_id}`, '/api/v1/policy'],
    ]
    return Promise.all(paths.map((path) => request(gateway, path, { token })))
  }
  const itemsOf = (answer: Answer | undefined) => answer?.json.items as { entry: { actor: { name: string } } }[]
  const [entries, approvals, ...others] = await look('other')
  expect([itemsOf(entries), itemsOf(approvals)]).toEqual([[], []])
  expect(others.map(({ status }) => status)).toEqual([404, 404, 404, 403])
  const [own, questions, ...rest] = await look('main')
  expect(new Set(itemsOf(own).map(({ entry }) => entry.actor.name))).toEqual(new Set(['main']))
  expect(itemsOf(questions)).toHaveLength(1)
  expect(rest.map(({ status }) => status)).toEqual([200, 200, 200, 403])
  expect((await get('/api/v1/ledger/entries?actor=agentd')).json.items).not.toEqual([])
})
