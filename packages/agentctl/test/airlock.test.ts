import { once } from 'node:events'
import { createServer } from 'node:http'
import { EGRESS_HEAD_HEADER } from '@castellan/contracts'
import { until } from '@castellan/testing'
import { expect, onTestFinished, test } from 'vitest'
import { startAgentd } from './support/agentd.ts'
import { startWithAirlock } from './support/airlock.ts'
import { agentctl } from './support/cli.ts'

async function startBoth() {
  const { state, gateway } = await startWithAirlock()
  const fetch = (url: string) => gateway.open('POST', '/v1/fetch', { body: { url, purpose: 'test.fetch' } })
  return { fetch, at: ['--state', state] as const }
}

test('the operator says what may leave, sees what left, shuts and opens', async () => {
  const server = createServer((_request, response) => void response.end('hello')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const { port } = server.address() as { port: number }
  const { fetch, at } = await startBoth()
  const url = `http://localhost:${port}/planted?planted`

  expect((await agentctl(['airlock', ...at])).stdout).toContain('Nothing is on the list')
  await expect(fetch(url)).rejects.toMatchObject({
    code: 'egress_denied',
    message: expect.stringContaining(`--http --loopback localhost:${port}`),
  })

  const allowed = await agentctl([
    'airlock',
    'allow',
    `localhost:${port}`,
    '--loopback',
    '--http',
    '--method',
    'get',
    '--note',
    'a test',
    ...at,
  ])
  expect(allowed, allowed.stderr).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(`http://localhost:${port} may be reached`),
  })
  expect((await agentctl(['airlock', 'allow', 'openai', 'anthropic', ...at])).stdout).toMatch(
    /api\.openai\.com.*\n.*api\.anthropic\.com/,
  )
  const answer = await fetch(url)
  expect(answer.header(EGRESS_HEAD_HEADER)).toBeDefined()
  for await (const _piece of answer.body);

  const listed = JSON.parse((await agentctl(['airlock', 'list', '--json', ...at])).stdout)
  expect(listed.destinations).toMatchObject([
    { host: 'localhost', port, methods: ['GET'], reach: 'loopback' },
    { host: 'api.openai.com' },
    { host: 'api.anthropic.com' },
  ])
  const log = await until('the end is on record', async () => {
    const { stdout } = await agentctl(['airlock', 'log', ...at])
    return stdout.includes('→ 200') && stdout
  })
  expect(log).toMatch(new RegExp(`GET http://localhost:${port}  test.fetch  → 200, 5 B`))
  expect(log).toContain('refused (egress_denied)')
  expect(log).not.toContain('planted')

  expect((await agentctl(['airlock', 'off', '--reason', 'odd traffic', ...at])).stdout).toContain('is shut')
  expect((await agentctl(['status', '--json', ...at])).stdout).toContain('"off":true')
  await expect(fetch(url)).rejects.toMatchObject({ code: 'egress_off' })
  expect((await agentctl(['airlock', 'on', ...at])).code).toBe(0)
  expect((await agentctl(['airlock', 'deny', 'openai', `localhost:${port}`, ...at])).stdout).toMatch(
    /openai.*\n.*localhost/,
  )
  await expect(fetch(url)).rejects.toMatchObject({ code: 'egress_denied' })
  const verified = await agentctl(['verify-ledger', ...at])
  expect(verified, verified.stdout + verified.stderr).toMatchObject({ code: 0 })
})

test('what cannot be allowed is said before anything is asked', async () => {
  const { at } = await startBoth()
  for (const wrong of [
    ['127.0.0.1'],
    ['api.test:99999'],
    ['api.test', '--method', 'STEAL'],
    ['api.test', '--private', '--loopback'],
    ['api.test', '--ca', '/nowhere.pem'],
    ['api.test', '127.0.0.1'],
  ]) {
    expect([wrong, (await agentctl(['airlock', 'allow', ...wrong, ...at])).code]).toEqual([wrong, 2])
  }
  expect((await agentctl(['airlock', 'deny', 'api.test', ...at])).code).toBe(2)
  expect((await agentctl(['airlock', 'log', '-n', '0', ...at])).code).toBe(2)
  expect((await agentctl(['airlock', '--json', ...at])).stdout).toContain('"destinations":[]')
})

test('a model from where nothing may be reached is refused before anything is opened', async () => {
  const { at } = await startBoth()
  const refused = await agentctl(['model', 'add', 'https://127.0.0.1/small.gguf', ...at])
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('127.0.0.1') })
  expect(refused.stderr).not.toContain('airlock is open')
  expect((await agentctl(['airlock', '--json', ...at])).stdout).toContain('"destinations":[]')
})

test('where the airlock does not run, its commands say so', async () => {
  const { state } = await startAgentd()
  expect(await agentctl(['airlock', '--state', state])).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('airlock_unavailable'),
  })
})
