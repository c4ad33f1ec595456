import { CastellanError, type ServerFrame } from '@castellan/contracts'
import { expect, test } from 'vitest'
import { textOf, typesOf } from '../support/client.ts'
import { startGateway } from '../support/gateway.ts'

const errorOf = (frames: ServerFrame[]) => frames.find((frame) => frame.type === 'error')

test('/help needs neither agentd nor a model, and ends with one done', async () => {
  const gateway = await startGateway({ agentd: false, engine: false })
  const client = await gateway.connect()
  const frames = await client.ask('/help')
  expect(typesOf(frames)).toEqual(['text', 'done'])
  for (const command of ['/tools', '/call', '/status', '/undo', '/approvals']) expect(textOf(frames)).toContain(command)
})

test('/tools lists each tool with its effect', async () => {
  const gateway = await startGateway()
  const client = await gateway.connect()
  expect(textOf(await client.ask('/tools'))).toContain('file_write (change): What file_write does.')
})

test('/status tells how each part is, also when parts are missing', async () => {
  const gateway = await startGateway()
  const client = await gateway.connect()
  const text = textOf(await client.ask('/status'))
  expect(text).toContain('agentd: ready')
  expect(text).toContain('engine: ready: stand-in (interpreter), 0 of 1 slots busy')

  const lonely = await startGateway({ agentd: false, engine: false })
  const poor = textOf(await (await lonely.connect()).ask('/status'))
  expect(poor).toContain('agentd: unavailable')
  expect(poor).toContain('engine: The engine is not running')
})

test('/call runs a tool without a model and says its summary', async () => {
  const gateway = await startGateway({ engine: false })
  const client = await gateway.connect()
  const frames = await client.ask('/call disk_usage {"path": "/"}')
  expect(gateway.agentd.calls[0]).toMatchObject({ tool: 'disk_usage', args: { path: '/' }, agent: 'main' })
  expect(typesOf(frames).filter((type) => type !== 'status')).toEqual(['tool_use', 'tool_result', 'text', 'done'])
})

test('what was called by command is in the conversation that the model sees next', async () => {
  const gateway = await startGateway()
  const client = await gateway.connect()
  await client.ask('/call disk_usage')
  await client.ask('and now?')
  const roles = gateway.engine.requests[0]?.messages.map(({ role }) => role)
  expect(roles).toEqual(['system', 'user', 'assistant', 'tool', 'assistant', 'user'])
})

test('/undo N asks for undo_apply of that ledger number', async () => {
  const gateway = await startGateway()
  gateway.agentd.tools.set('undo_apply', { run: ({ index }) => ({ undone: index }) })
  const client = await gateway.connect()
  expect(textOf(await client.ask('/undo 12'))).toContain('{"undone":12}')
  expect(gateway.agentd.calls[0]).toMatchObject({ tool: 'undo_apply', args: { index: 12 } })
})

test('a tool that fails by command says so in words', async () => {
  const gateway = await startGateway()
  gateway.agentd.tools.set('disk_usage', {
    run: () => {
      throw new CastellanError('unsupported_host', 'There are no disks here.')
    },
  })
  const client = await gateway.connect()
  expect(textOf(await client.ask('/call disk_usage'))).toBe('There are no disks here.')
})

test.each([
  ['/hlep', 'not_found', /no command \/hlep\. Did you mean help\?/],
  ['/frobnicate now', 'not_found', /\/help lists them all/],
  ['/constructor', 'not_found', /no command/],
  ['/call', 'invalid_request', /Say which tool/],
  ['/call disk_usage {path}', 'invalid_json', /What follows disk_usage is not valid JSON/],
  ['/call disk_usage [1]', 'invalid_arguments', /have to be a JSON object/],
  ['/undo', 'invalid_arguments', /\/undo 12/],
  ['/undo -1', 'invalid_arguments', /\/undo 12/],
])('%s is refused with what would be right', async (text, code, message) => {
  const gateway = await startGateway()
  const client = await gateway.connect()
  const frames = await client.ask(text)
  expect(typesOf(frames)).toEqual(['error', 'done'])
  expect(errorOf(frames)).toMatchObject({ code, message: expect.stringMatching(message) })
})

test('a message that begins with a path goes to the model', async () => {
  const gateway = await startGateway()
  const client = await gateway.connect()
  await client.ask('/etc/hosts: what is in it?')
  expect(gateway.engine.requests[0]?.messages.at(-1)).toEqual({ role: 'user', text: '/etc/hosts: what is in it?' })
})
