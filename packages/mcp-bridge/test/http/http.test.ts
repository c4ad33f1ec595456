import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AgentName } from '@castellan/contracts'
import { createLogger } from '@castellan/daemon'
import { temporaryFolder } from '@castellan/testing'
import { expect, onTestFinished, test } from 'vitest'
import { Bridge } from '../../src/bridge.ts'
import { McpHttp } from '../../src/http/http.ts'
import type { Provider } from '../../src/provider.ts'
import { Sealer } from '../../src/seal.ts'

const agent = AgentName.parse('mcp')
const HELLO = {
  protocolVersion: '2025-11-25',
  capabilities: {},
  clientInfo: { name: 'test', version: '1' },
}

/** An endpoint that believes what a request says of its credential, with tools of a test's own and no agentd. */
async function open(provider: Provider = {}) {
  const log = createLogger({ name: 'test', file: '/dev/null' })
  const agentSocket = `${temporaryFolder()}/none.sock`
  const bridge = new Bridge({ agentSocket, sealer: Sealer.fresh(), log, providers: [provider] })
  const mcp = new McpHttp(bridge, agent)
  const server = createServer((request, response) => {
    void mcp.handle(request, response, { agent, credential: String(request.headers['x-credential']) })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    await mcp.close()
    bridge.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`
  let id = 0
  const send = (credential: string, method: string, params: unknown = {}, headers: Record<string, string> = {}) => {
    id += 1
    return fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-credential': credential, ...headers },
      body: JSON.stringify({ jsonrpc: '2.0', id, method, params }),
    })
  }
  const session = async (credential: string): Promise<Record<string, string>> => {
    const answer = await send(credential, 'initialize', HELLO)
    await answer.text()
    return { 'mcp-session-id': answer.headers.get('mcp-session-id') ?? '' }
  }
  return { url, send, session, mcp }
}

test('a session answers to the credential that opened it and to no other', async () => {
  const { url, send, session } = await open()
  const mine = await session('ann')
  expect((await send('ann', 'ping', {}, mine)).status).toBe(200)
  expect((await send('bob', 'ping', {}, mine)).status).toBe(404)
  const listen = (credential: string) => fetch(url, { headers: { 'x-credential': credential, ...mine } })
  expect((await listen('bob')).status).toBe(404)
  const end = (credential: string) => fetch(url, { method: 'DELETE', headers: { 'x-credential': credential, ...mine } })
  expect((await end('bob')).status).toBe(404)
  expect((await end('ann')).status).toBe(200)
  expect((await send('ann', 'ping', {}, mine)).status).toBe(404)
})

test('one credential may hold so many sessions; the oldest that is not in use makes room, and nobody else’s does', async () => {
  const { send, session } = await open()
  const bobs = await session('bob')
  const first = await session('ann')
  for (let i = 0; i < 64; i++) await session('ann')
  expect((await send('ann', 'ping', {}, first)).status).toBe(404)
  expect((await send('bob', 'ping', {}, bobs)).status).toBe(200)
})

test('a second stream of one session is refused, and a session in use is not ended for another', async () => {
  const { url, session } = await open()
  const mine = await session('ann')
  const controller = new AbortController()
  const listen = () => fetch(url, { headers: { 'x-credential': 'ann', ...mine }, signal: controller.signal })
  expect((await listen()).headers.get('content-type')).toBe('text/event-stream')
  expect((await listen()).status).toBe(409)
  for (let i = 0; i < 70; i++) await session('ann')
  expect((await listen()).status).toBe(409)
  controller.abort()
})

test('a request whose client goes away is cancelled, in either era', async () => {
  const began: string[] = []
  const stopped: string[] = []
  const { url, send, session } = await open({
    tools: async () => [],
    callTool: (_name, _args, { signal, era }) =>
      new Promise((resolve) => {
        began.push(era)
        signal.addEventListener('abort', () => {
          stopped.push(era)
          resolve({ content: [] })
        })
      }),
  })
  const legacy = await session('ann')
  const modern = {
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': 'tools/call',
    'mcp-name': 'wait',
  }
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': {},
  }
  for (const [headers, params] of [
    [legacy, { name: 'wait' }],
    [modern, { name: 'wait', _meta }],
  ] as const) {
    const controller = new AbortController()
    const body = JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'tools/call', params })
    const all = { 'content-type': 'application/json', 'x-credential': 'ann', ...headers }
    const before = began.length
    const answer = fetch(url, { method: 'POST', headers: all, body, signal: controller.signal })
    answer.catch(() => undefined)
    await expect.poll(() => began.length).toBeGreaterThan(before)
    controller.abort()
  }
  await expect.poll(() => stopped.toSorted()).toEqual(['legacy', 'modern'])
  expect((await send('ann', 'ping', {}, legacy)).status).toBe(200)
})

test('closing ends what is under way instead of waiting for it', async () => {
  let began = false
  const { url, mcp } = await open({
    tools: async () => [],
    callTool: () => {
      began = true
      return new Promise(() => undefined)
    },
  })
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': {},
  }
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'wait', _meta } })
  const headers = {
    'content-type': 'application/json',
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': 'tools/call',
    'mcp-name': 'wait',
  }
  const answer = fetch(url, { method: 'POST', headers, body })
  answer.catch(() => undefined)
  await expect.poll(() => began).toBe(true)
  await mcp.close()
  await expect(answer).rejects.toThrow()
})

test('without agentd a call says so, and a list is an error', async () => {
  const { send, session } = await open()
  const mine = await session('ann')
  const called = (await (await send('ann', 'tools/call', { name: 'file_stat' }, mine)).json()) as { result: unknown }
  expect(called.result).toMatchObject({ isError: true, _meta: { 'castellan/error': { code: 'agentd_unavailable' } } })
  expect(await (await send('ann', 'tools/list', {}, mine)).json()).toHaveProperty('error')
})
