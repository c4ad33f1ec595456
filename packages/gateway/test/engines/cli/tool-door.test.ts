import { newId, type ToolDescriptor, ToolName } from '@castellan/contracts'
import { expect, onTestFinished, test } from 'vitest'
import { ToolDoor } from '../../../src/engines/cli/tool-door.ts'
import type { ToolMessage } from '../../../src/engines/engine.ts'
import { quietLog } from '../../support/log.ts'
import { diskUsage } from '../../support/providers/parts.ts'

const write: ToolDescriptor = { ...diskUsage, name: ToolName.parse('file_write'), effect: 'change' }

async function open(callTool: (name: string, args: Record<string, unknown>) => Promise<ToolMessage>) {
  const lost: unknown[] = []
  const door = await ToolDoor.open([diskUsage, write], callTool, {
    log: quietLog('gateway'),
    onLost: (error) => lost.push(error),
  })
  onTestFinished(() => door.close())
  let session: string | null = null
  const post = async (message: Record<string, unknown>, headers: Record<string, string> = {}) => {
    const response = await fetch(door.url, {
      method: 'POST',
      headers: {
        ...{
          authorization: `Bearer ${door.token}`,
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
        },
        ...(session === null ? {} : { 'mcp-session-id': session, 'mcp-protocol-version': '2025-11-25' }),
        ...headers,
      },
      body: JSON.stringify({ jsonrpc: '2.0', ...message }),
    })
    session = response.headers.get('mcp-session-id') ?? session
    const text = await response.text()
    const json = text.startsWith('{')
      ? text
      : (text.split('\n').findLast((line) => line.startsWith('data: {')) ?? 'data: {}').slice(6)
    return {
      status: response.status,
      message: JSON.parse(json) as { result?: Record<string, unknown>; error?: unknown },
    }
  }
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'a program', version: '1' } }
  return { door, lost, post, begin: () => post({ id: 0, method: 'initialize', params }) }
}

const answer = (name: string, ok = true): ToolMessage => ({
  ...{ role: 'tool', call_id: newId('call'), name, ok, summary: ok ? 'done' : 'no', result: { name }, ledger_index: 4 },
})

test('a program finds the tools of its turn and no others, and its calls are the turn’s', async () => {
  const calls: unknown[] = []
  const { post, begin } = await open(async (name, args) => {
    calls.push([name, args])
    return answer(name, name === 'disk_usage')
  })
  await begin()
  const { message } = await post({ id: 1, method: 'tools/list' })
  expect(message.result?.tools).toMatchObject([{ name: 'disk_usage' }, { name: 'file_write' }])
  const call = (name: string) => post({ id: 2, method: 'tools/call', params: { name, arguments: { path: '/' } } })
  expect((await call('disk_usage')).message.result).toMatchObject({
    content: [{ type: 'text', text: '{"ok":true,"summary":"done","result":{"name":"disk_usage"},"ledger_index":4}' }],
  })
  expect((await call('file_write')).message.result).toMatchObject({ isError: true })
  expect(calls).toEqual([
    ['disk_usage', { path: '/' }],
    ['file_write', { path: '/' }],
  ])
})

test('calls that come at once are made one after another', async () => {
  let running = 0
  let most = 0
  const { post, begin } = await open(async (name) => {
    running += 1
    most = Math.max(most, running)
    await new Promise((resolve) => setTimeout(resolve, 5))
    running -= 1
    return answer(name)
  })
  await begin()
  await Promise.all(
    [1, 2, 3].map((id) => post({ id, method: 'tools/call', params: { name: 'disk_usage', arguments: {} } })),
  )
  expect(most).toBe(1)
})

test('whoever else finds the door is turned away', async () => {
  const { door, post } = await open(async (name) => answer(name))
  expect((await post({ id: 1, method: 'tools/list' }, { authorization: 'Bearer wrong' })).status).toBe(401)
  expect((await post({ id: 1, method: 'tools/list' }, { authorization: '' })).status).toBe(401)
  expect((await post({ id: 1, method: 'tools/list' }, { origin: 'https://evil.example' })).status).toBe(401)
  expect(
    (await fetch(new URL('/other', door.url), { headers: { authorization: `Bearer ${door.token}` } })).status,
  ).toBe(401)
})

test('a call that cannot be made at all is told to whoever runs the program', async () => {
  const { post, begin, lost } = await open(async () => {
    throw new Error('the turn was stopped')
  })
  await begin()
  await post({ id: 1, method: 'tools/call', params: { name: 'disk_usage', arguments: {} } })
  expect(lost).toMatchObject([{ message: 'the turn was stopped' }])
})
