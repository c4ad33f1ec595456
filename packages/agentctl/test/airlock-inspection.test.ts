import { once } from 'node:events'
import { createServer } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { startWithAirlock } from './support/airlock.ts'
import { agentctl } from './support/cli.ts'

const key = ['gh', 'p_', 'x9Kq2LmW7vRtB4nYc8ZdF1sHj6PgA3eUoQ5i'].join('')

/** The real airlock, and a server that says which authorization it was given. */
async function startAll() {
  const { state, gateway } = await startWithAirlock()
  const given: (string | undefined)[] = []
  const server = createServer((request, response) => {
    given.push(request.headers.authorization)
    response.end('hello')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const { port } = server.address() as { port: number }
  const fetch = async (path: string, headers = {}) => {
    const body = { url: `http://localhost:${port}${path}`, purpose: 'test.fetch', headers }
    const answer = await gateway.open('POST', '/v1/fetch', { body })
    for await (const _piece of answer.body);
  }
  const ctl = (args: readonly string[], input?: string) =>
    agentctl(['airlock', ...args, '--state', state], input === undefined ? {} : { input })
  return { fetch, ctl, given, host: `localhost:${port}` }
}

test('the operator grants a secret, plants a canary, lets a held request go, and sees all of it on record', async () => {
  const { fetch, ctl, given, host } = await startAll()
  expect((await ctl(['allow', '--http', '--loopback', host])).code).toBe(0)

  const value = 'Zq7-wK2p.R9sT4vX8yB1dF6'
  const added = await ctl(['secret', 'add', 'issues', '--host', host, '--path', '/v1'], `${value}\n`)
  expect([added.code, added.stdout]).toEqual([0, expect.stringContaining('{{secret:issues}}')])
  await fetch('/v1/x', { authorization: '{{secret:issues}}' })
  expect(given).toEqual([`Bearer ${value}`])
  expect((await ctl(['secret'])).stdout).toContain('authorization: Bearer {}')
  await expect(fetch(`/?q=${value}`)).rejects.toMatchObject({ code: 'egress_leak' })

  await expect(fetch('/pay?card=4012888888881881')).rejects.toMatchObject({ code: 'egress_held' })
  const [, question = ''] = /(ask_\S+)/.exec((await ctl(['questions'])).stdout) ?? []
  expect((await ctl(['release', question])).stdout).toContain('once more')
  await fetch('/pay?card=4012888888881881')
  await expect(fetch('/pay?card=4012888888881881')).rejects.toMatchObject({ code: 'egress_held' })

  // Last, because it is an incident, which agentd contains by shutting the airlock.
  const planted = await ctl(['canary', 'add', 'honey'])
  const [, canary = ''] = /from: (\S+)/.exec(planted.stdout) ?? []
  expect(canary).toHaveLength(48)
  await expect(fetch(`/?q=${encodeURIComponent(canary)}`)).rejects.toMatchObject({ code: 'egress_leak' })

  expect((await ctl(['secret', 'remove', 'issues'])).code).toBe(0)
  expect((await ctl(['canary', 'remove', 'honey'])).code).toBe(0)
  const log = (await ctl(['log'])).stdout
  for (const words of [
    'with secret issues',
    'canary:canary:query',
    'let go by the operator',
    'canary honey was planted',
    'secret issues was removed',
  ]) {
    expect(log).toContain(words)
  }
  expect(log).not.toContain(value)
  expect(log).not.toContain(canary)
}, 300_000)

test('what is done with what is found is said with the entry', async () => {
  const { fetch, ctl, host } = await startAll()
  expect(
    (
      await ctl([
        'allow',
        '--http',
        '--loopback',
        host,
        '--inspect',
        'credential=redact',
        'entropy=allow',
        '--auth',
        'any',
      ])
    ).code,
  ).toBe(0)
  expect((await ctl(['list'])).stdout).toContain('credential=redact entropy=allow auth=any')
  await fetch(`/?q=${key}`)
  expect((await ctl(['log'])).stdout).toContain('without github_token')
  expect((await ctl(['allow', 'x.test', '--inspect', 'canary=allow'])).code).toBe(2)
  expect((await ctl(['allow', 'openai'])).code).toBe(0)
  expect((await ctl(['list'])).stdout).toContain('credential=redact personal=redact entropy=allow')
}, 300_000)

test('a secret is read from no command line, and one that cannot be kept is refused', async () => {
  const { ctl, host } = await startAll()
  expect((await ctl(['secret', 'add', 'x', '--host', host], 'short')).code).toBe(2)
  expect((await ctl(['secret', 'add', 'x', '--host', host, '--header', 'Cookie: {}'], 'long-enough-value')).code).toBe(
    2,
  )
  expect((await ctl(['secret'])).stdout).toContain('puts no secrets')
}, 300_000)
