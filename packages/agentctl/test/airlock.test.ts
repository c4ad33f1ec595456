import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { EGRESS_HEAD_HEADER, ProcessHealth } from '@castellan/contracts'
import { UnixClient } from '@castellan/daemon'
import { until } from '@castellan/testing'
import { expect, onTestFinished, test } from 'vitest'
import { startAgentd } from './support/agentd.ts'
import { agentctl } from './support/cli.ts'

const main = fileURLToPath(new URL('../../airlock/src/main.ts', import.meta.url))

/** The real airlock beside the real agentd. */
async function startBoth() {
  const { state } = await startAgentd()
  const at = (name: string) => join(state, 'sockets', name)
  const child = spawn(process.execPath, ['--conditions=source', main], {
    env: {
      PATH: process.env.PATH,
      CASTELLAN_STATE_DIR: state,
      CASTELLAN_AIRLOCK_SOCKET: at('airlock.sock'),
      CASTELLAN_AIRLOCK_OPERATOR_SOCKET: at('airlock-operator.sock'),
      CASTELLAN_RECORD_SOCKET: at('record.sock'),
      CASTELLAN_LOG_LEVEL: 'error',
    },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const gateway = new UnixClient({
    socketPath: at('airlock.sock'),
    peer: 'airlock',
    unavailable: 'airlock_unavailable',
  })
  onTestFinished(async () => {
    gateway.close()
    child.kill('SIGTERM')
    await once(child, 'exit')
  })
  await until('the airlock answers', () =>
    gateway.request('GET', '/v1/health', { schema: ProcessHealth }).catch(() => false),
  )
  const fetch = (url: string) => gateway.open('POST', '/v1/fetch', { body: { url, purpose: 'test.fetch' } })
  return { state, fetch, at: ['--state', state] as const }
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

test('where the airlock does not run, its commands say so', async () => {
  const { state } = await startAgentd()
  expect(await agentctl(['airlock', '--state', state])).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('airlock_unavailable'),
  })
})
