import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CastellanError } from '@castellan/contracts'
import { ModelInUse } from '@castellan/contracts/api'
import { temporaryFolder } from '@castellan/testing'
import { expect, test } from 'vitest'
import { makeToken, request } from '../support/api.ts'
import { startGateway, type TestGateway, type TestGatewayOptions } from '../support/gateway.ts'

const sha256 = 'ab'.repeat(32)
const id = sha256.slice(0, 16)
const model = {
  ...{ id, name: 'Large', sha256, sizeBytes: 1, architecture: 'llama', parameters: 1, contextTokens: 1, source: 'x' },
  ...{ format: 'gguf', declaredSource: null, signer: null, stages: [] },
  ...{ pinned: true, importedAt: '2026-11-21T03:00:00.000Z', importedBy: 'operator', removed: false },
}

async function withModel(options: TestGatewayOptions = {}, status = {}): Promise<TestGateway> {
  const gateway = await startGateway(options)
  const { tools } = gateway.agentd
  tools.set('model_list', { run: () => ({ models: [model], total: 1, truncated: false }) })
  tools.set('model_status', {
    run: (args) => {
      if (args.id !== id) throw new CastellanError('not_found', 'There is no such model.')
      return { model, path: '/models/x', present: true, ...status }
    },
  })
  return gateway
}

const use = (gateway: TestGateway, which: string, token?: string) =>
  request(gateway, '/api/v1/models/active', { body: { id: which }, ...(token === undefined ? {} : { token }) })

test('a model of the registry answers from now on: the engine is told its file, the ledger that it is so', async () => {
  const gateway = await withModel()
  const { status, json } = await use(gateway, id)
  expect([status, json.code]).toEqual([200, undefined])
  expect(ModelInUse.parse(json)).toMatchObject({ loaded: { sha256 }, chosen: { id, name: 'Large' }, how: 'beside' })
  expect(gateway.engine.switched).toEqual([{ id: sha256 }])
  expect(gateway.records.entries.at(-1)).toMatchObject({ type: 'model_chosen', to: sha256, configured: false })
  const list = await request(gateway, '/api/v1/models')
  expect(list.json).toMatchObject({ chosen: { id }, items: [{ id }] })
})

test('the configured model comes back by its word', async () => {
  const gateway = await withModel()
  await use(gateway, id)
  expect((await use(gateway, 'configured')).json).toMatchObject({ chosen: null })
  expect(gateway.engine.switched.at(-1)).toEqual({ configured: true })
  expect(gateway.records.entries.at(-1)).toMatchObject({ type: 'model_chosen', configured: true })
})

test('what is not in the registry is refused, and nothing is asked of the engine', async () => {
  const gateway = await withModel()
  expect((await use(gateway, 'f'.repeat(16))).json.code).toBe('not_found')
  expect((await use(gateway, '../../etc/passwd')).json.code).toBe('invalid_request')
  expect((await use(await withModel({}, { model: { ...model, removed: true } }), id)).json.code).toBe('conflict')
  expect((await use(await withModel({}, { present: false }), id)).json.code).toBe('not_found')
  const folder = { model: { ...model, format: 'folder' } }
  expect((await use(await withModel({}, folder), id)).json.code).toBe('model_invalid')
  expect(gateway.engine.switched).toEqual([])
})

test('a file that is not what was let in is not used, and the configured model answers again', async () => {
  const gateway = await withModel()
  gateway.engine.switchesTo = 'cd'.repeat(32)
  const { status, json } = await use(gateway, id)
  expect([status, json.code]).toEqual([409, 'manifest_mismatch'])
  expect(gateway.engine.switched.at(-1)).toEqual({ configured: true })
  expect((await request(gateway, '/api/v1/models')).json).toMatchObject({ chosen: null })
})

test('what the engine refuses with is handed on, and the model stays what it was', async () => {
  const gateway = await withModel()
  gateway.engine.refusesModels = new CastellanError('model_too_large', 'It needs 9 GiB and 4 are left.')
  const { status, json } = await use(gateway, id)
  expect([status, json.code, json.message]).toEqual([507, 'model_too_large', 'It needs 9 GiB and 4 are left.'])
  expect((await request(gateway, '/api/v1/models')).json).toMatchObject({ chosen: null })
  expect(gateway.records.entries.filter(({ type }) => type === 'model_chosen')).toEqual([])
})

test('the choice outlives the gateway, and the engine that came up with another model gets it back before it is asked', async () => {
  const folder = temporaryFolder()
  const first = await withModel({ folder })
  await use(first, id)
  await first.stop()
  const second = await withModel({ folder })
  second.engine.answer = () => [
    { type: 'text', text: `by ${second.engine.digest.slice(0, 4)}` },
    { type: 'done', reason: 'stop', usage: { promptTokens: 1, outputTokens: 1, durationMs: 1 } },
  ]
  const client = await second.connect()
  const said = await client.ask('who are you')
  expect(said).toContainEqual(expect.objectContaining({ type: 'text', text: 'by abab' }))
  // The engine dies and comes up with its configured model.
  second.engine.digest = '0'.repeat(64)
  expect(await client.ask('and now')).toContainEqual(expect.objectContaining({ type: 'text', text: 'by abab' }))
})

test('a chosen model that cannot be brought back is said, and another one answers', async () => {
  const folder = temporaryFolder()
  const first = await withModel({ folder })
  await use(first, id)
  await first.stop()
  const second = await withModel({ folder, engine: false })
  second.engine.refusesModels = new CastellanError('model_invalid', 'The file is gone.')
  await second.engine.listen(second.config.engineSocket)
  const client = await second.connect()
  expect(await client.ask('hello')).toContainEqual(expect.objectContaining({ type: 'done' }))
  expect((await request(second, '/api/v1/models')).json).toMatchObject({
    chosen: { id, problem: { code: 'model_invalid' } },
  })
})

test('a note of the choice that is damaged costs the choice and not the gateway', async () => {
  const folder = temporaryFolder()
  const first = await withModel({ folder })
  await use(first, id)
  await first.stop()
  const file = join(folder, 'gateway', 'model.json')
  writeFileSync(file, readFileSync(file).subarray(0, 20))
  const second = await withModel({ folder })
  expect((await request(second, '/api/v1/models')).json).toMatchObject({ chosen: null })
  expect((await use(second, id)).status).toBe(200)
})

test('choosing takes the scope admin', async () => {
  const gateway = await withModel()
  const { secret } = await makeToken(gateway, { scopes: ['read', 'chat', 'operate'] })
  expect((await use(gateway, id, secret)).status).toBe(403)
})
