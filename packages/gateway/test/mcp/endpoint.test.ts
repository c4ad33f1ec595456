import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '@castellan/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Both } from '../support/mcp/both.ts'
import { McpClient } from '../support/mcp/client.ts'

let both: Both

beforeAll(async () => {
  both = await Both.start()
})
afterAll(() => both?.stop())

test('nobody gets in without the token, and no page of another origin', async () => {
  const { client, port } = both
  const list = { jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} }
  const without = await new McpClient(port, {}).post(list)
  expect(without).toMatchObject({ status: 401, headers: { 'www-authenticate': expect.stringMatching(/^Bearer/) } })
  const wrong = await new McpClient(port, { authorization: `Bearer cst_${'x'.repeat(43)}` }).post(list)
  expect(wrong.status).toBe(401)
  expect((await client.post(list, { origin: 'https://evil.example' })).status).toBe(403)
  expect((await client.post(list, { host: 'evil.example' })).status).toBe(403)
})

test('both eras list the same tools, each with its hash, its annotations and both schemas', async () => {
  const { client } = both
  const modern = (await client.modern('tools/list')).last.result.tools
  const legacy = (await (await client.initialize()).rpc('tools/list')).last.result.tools
  expect(legacy).toEqual(modern)
  const stat = modern.find(({ name }: { name: string }) => name === 'file_stat')
  expect(stat).toMatchObject({
    title: 'File status',
    annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    inputSchema: { type: 'object' },
    outputSchema: { type: 'object' },
    _meta: { 'castellan/hash': expect.stringMatching(/^[0-9a-f]{64}$/) },
  })
  const [started] = (await both.entries('&type=daemon_started')).slice(-1)
  const payload = started?.payload as { tool_hashes: Record<string, string> } | undefined
  expect(payload?.tool_hashes.file_stat).toBe(stat._meta['castellan/hash'])
})

test('half a surrogate pair among the arguments is a refusal that says so, in both eras', async () => {
  const { client } = both
  const call = { name: 'file_stat', arguments: { path: 'a\ud800' } }
  const refused = { isError: true, _meta: { 'castellan/error': { code: 'invalid_arguments' } } }
  expect((await client.modern('tools/call', call)).last.result).toMatchObject(refused)
  expect((await (await client.initialize()).rpc('tools/call', call)).last.result).toMatchObject(refused)
})

test('a result has the summary as text, the value as structure, and its ledger number; a proof is given on request', async () => {
  const { client } = both
  const _meta = { 'castellan/proof': true }
  const { last } = await client.modern('tools/call', { name: 'file_stat', arguments: { path: '.' }, _meta })
  const { content, structuredContent } = last.result
  expect(structuredContent).toMatchObject({ kind: 'directory' })
  expect(content[0].text).toMatch(/is a folder/)
  expect(JSON.parse(content[1].text)).toEqual(structuredContent)
  expect(last.result._meta).toMatchObject({
    'castellan/ledger': expect.any(Number),
    'castellan/proof': expect.stringContaining('c2sp.org/tlog-proof'),
  })
})

test('calls are those of the agent mcp, in a session that the client did not choose', async () => {
  const { client } = both
  const first = await client.initialize()
  const second = await client.initialize()
  const call = { name: 'file_stat', arguments: { path: '.' } }
  for (const each of [first, second]) await each.rpc('tools/call', { ...call, _meta: { session: 'ses_mine00000' } })
  await client.modern('tools/call', call)
  await client.modern('tools/call', call)
  const made = (await both.entries('&type=intent')).map(({ entry }) => entry).slice(0, 4)
  expect(made.map(({ actor }) => actor)).toEqual(Array(4).fill({ kind: 'agent', name: 'mcp' }))
  expect(new Set(made.map(({ session }) => session)).size).toBe(3)
})

test('what a model can mend is a result that says so; an unknown tool is a protocol error', async () => {
  const { client } = both
  const wrong = await client.modern('tools/call', { name: 'file_stat', arguments: { file: '.' } })
  expect(wrong.last.result).toMatchObject({
    isError: true,
    _meta: { 'castellan/error': { code: 'invalid_arguments' } },
  })
  const unknown = await client.modern('tools/call', { name: 'file_stats', arguments: {} })
  expect(unknown.last.error).toMatchObject({ code: -32602, message: expect.stringContaining('file_stat') })
})

test('a large result is linked to, and the link is good for the session that made the call', async () => {
  const { client } = both
  const [mine, other] = [await client.initialize(), await client.initialize()]
  const call = { name: 'process_list', arguments: { limit: 200 } }
  const { content, structuredContent } = (await mine.rpc('tools/call', call)).last.result
  const link = content.find(({ type }: { type: string }) => type === 'resource_link')
  if (link === undefined) return expect(JSON.stringify(structuredContent).length).toBeLessThanOrEqual(16 * 1024)
  const read = (await mine.rpc('resources/read', { uri: link.uri })).last.result
  expect(JSON.parse(read.contents[0].text)).toEqual(structuredContent)
  expect((await other.rpc('resources/read', { uri: link.uri })).last.error).toMatchObject({ code: -32602 })
})

test('resources are ledger entries and journal queries, read through the tools and recorded', async () => {
  const { client } = both
  const { resources } = (await client.modern('resources/list')).last.result
  expect(resources.map(({ uri }: { uri: string }) => uri)).toContain('castellan://ledger')
  const one = (await client.modern('resources/read', { uri: 'castellan://ledger/0' })).last.result
  expect(JSON.parse(one.contents[0].text)).toMatchObject({ index: 0 })
  expect((await both.entries('&type=outcome')).map(({ entry }) => entry.tool)).toContain('ledger_query')
  for (const uri of ['castellan://ledger/99999999', 'castellan://nothing', 'file:///etc/passwd']) {
    const { last } = await client.modern('resources/read', { uri })
    expect(last.error, uri).toMatchObject({ code: -32602 })
  }
})

test('prompts are the skills, with their whole text', async () => {
  const { client } = both
  const { prompts } = (await client.modern('prompts/list')).last.result
  const { result } = (await client.modern('tools/call', { name: 'skill_list', arguments: {} })).last
  const known = result.structuredContent?.skills ?? []
  expect(prompts.map(({ name }: { name: string }) => name)).toEqual(known.map(({ name }: { name: string }) => name))
  const [first] = prompts
  if (first === undefined) return
  const prompt = (await client.modern('prompts/get', { name: first.name })).last.result
  expect(prompt.messages[0].content.text.length).toBeGreaterThan(100)
  expect((await client.modern('prompts/get', { name: 'no-such-skill' })).last.error).toMatchObject({ code: -32602 })
})

test('closing a request stops the tool and every process it started', async () => {
  const pids = join(both.workspace, 'pids')
  const script = `sleep 61 & echo $! > pids; sleep 62 & echo $! >> pids; wait`
  const call = { name: 'shell_exec', arguments: { script } }
  const asked = (await both.client.modern('tools/call', call)).last.result
  if (asked.resultType !== 'input_required')
    return expect(asked._meta['castellan/error'].code).toBe('sandbox_unavailable')
  await both.decide(asked._meta['castellan/approval'].approval_id, 'approve')
  const running = both.client.sendModern('tools/call', { ...call, requestState: asked.requestState })
  running.answer.catch(() => undefined)
  await until('both sleep', () => existsSync(pids) && readFileSync(pids, 'utf8').trim().split('\n').length === 2)
  running.abort()
  const outcome = await until('the call is on record as stopped', async () =>
    (await both.entries('&type=outcome')).find(({ entry }) => entry.tool === 'shell_exec'),
  )
  expect(outcome.entry).toMatchObject({ ok: false, code: 'cancelled' })
  await until('nothing sleeps any more', async () => {
    await sleep(20)
    return !sleeping('sleep 61') && !sleeping('sleep 62')
  })
})

function sleeping(command: string): boolean {
  return processes().some((line) => line === command.replace(' ', '\0').concat('\0'))
}

function processes(): string[] {
  return readdirSync('/proc').flatMap((pid) => {
    try {
      return /^\d+$/.test(pid) ? [readFileSync(`/proc/${pid}/cmdline`, 'utf8')] : []
    } catch {
      return []
    }
  })
}

test('what is no message is told so, whatever it is', async () => {
  const { client } = both
  const cases: [unknown, Record<string, string>, number, number][] = [
    ['{', {}, 400, -32700],
    ['[]', {}, 400, -32600],
    [{ jsonrpc: '1.0', id: 1, method: 'ping' }, {}, 400, -32600],
    ['x'.repeat(400 * 1024), {}, 413, -32000],
    [{ jsonrpc: '2.0', id: 1, method: 'ping' }, { 'content-type': 'text/plain' }, 415, -32000],
    [{ jsonrpc: '2.0', id: 1, method: 'ping' }, {}, 400, -32000],
    [{ jsonrpc: '2.0', id: 1, method: 'ping' }, { 'mcp-session-id': 'nobody' }, 404, -32001],
  ]
  for (const [body, headers, status, code] of cases) {
    const answer = await client.post(body, headers)
    expect([answer.status, answer.last.error?.code], JSON.stringify(body).slice(0, 60)).toEqual([status, code])
  }
})
