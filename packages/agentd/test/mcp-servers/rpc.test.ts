import { PassThrough } from 'node:stream'
import type { CastellanError } from '@castellan/contracts'
import { expect, test } from 'vitest'
import { McpClient } from '../../src/mcp-servers/client.ts'

/** A server that says what a test tells it to, whatever it is asked. */
function server(answer: (request: { id?: number; method: string }) => string) {
  const [input, output] = [new PassThrough(), new PassThrough()]
  let ended: CastellanError | undefined
  output.on('data', (chunk: Buffer) => {
    for (const line of chunk.toString().trim().split('\n')) input.write(answer(JSON.parse(line)))
  })
  const client = McpClient.open({ input, output }, 'The server', {
    onToolsChanged: () => undefined,
    onEnd: (error) => {
      ended = error
    },
  })
  client.catch(() => undefined)
  return { client, input, ended: () => ended }
}

const reply = (id: number | undefined, result: unknown): string =>
  id === undefined ? '' : `${JSON.stringify({ jsonrpc: '2.0', id, result })}\n`
const hello = { protocolVersion: '2025-11-25', capabilities: {} }

test.each([
  ['no JSON', () => 'hello there\n'],
  ['JSON that is no message', () => '[1,2,3]\n'],
  ['another form of answer', ({ id }: { id?: number }) => reply(id, { protocolVersion: 7 })],
  ['an endless line', () => 'x'.repeat(5 * 1024 * 1024)],
])('a server that says %s is refused', async (_what, answer) => {
  const { client } = server(answer)
  await expect(client).rejects.toMatchObject({ code: 'mcp_server_failed' })
})

test('a server that floods is cut off', async () => {
  const { client, input, ended } = server(({ id }) => reply(id, hello))
  await client
  input.write('{"jsonrpc":"2.0","method":"notifications/message","params":{}}\n'.repeat(6000))
  await expect.poll(ended).toMatchObject({ code: 'mcp_server_failed' })
})

test.each([
  ['names that are too long', [{ name: 'x'.repeat(200), inputSchema: {} }]],
  ['schemas that are too long', [{ name: 'x', inputSchema: { description: 'x'.repeat(40_000) } }]],
  ['too many tools', Array.from({ length: 300 }, (_, index) => ({ name: `t${index}`, inputSchema: {} }))],
])('%s are refused', async (_what, tools) => {
  const { client } = server(({ id, method }) => reply(id, method === 'tools/list' ? { tools } : hello))
  await expect((await client).tools()).rejects.toMatchObject({ code: 'mcp_server_failed' })
})

test('pages that never end are refused', async () => {
  const page = { tools: [{ name: 'x', inputSchema: {} }], nextCursor: 'again' }
  const { client } = server(({ id, method }) => reply(id, method === 'tools/list' ? page : hello))
  await expect((await client).tools()).rejects.toMatchObject({ code: 'mcp_server_failed' })
})
