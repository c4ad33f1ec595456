import { mkdirSync, writeFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import type { EngineChoice, Insight, InspectionPolicy, ServerFrame } from '@castellan/contracts'
import { findCommand, requires, temporaryFolder, until } from '@castellan/testing'
import { describe, expect, test } from 'vitest'
import { airlock } from '../../../airlock/test/support/airlock.ts'
import { startUpstream } from '../../../airlock/test/support/upstream.ts'
import { installedProgram } from '../../src/engines/cli/installed.ts'
import { textOf } from '../support/client.ts'
import { startGateway } from '../support/gateway.ts'
import * as anthropic from '../support/providers/anthropic.ts'
import { programOnPath } from '../support/providers/cli.ts'
import * as openai from '../support/providers/openai.ts'

const SECRET = 'sk-ant-api03-PLANTED-5ecre7-V4LUE'
const framesOf = <Type extends ServerFrame['type']>(frames: ServerFrame[], type: Type) => {
  return frames.filter((frame): frame is Extract<ServerFrame, { type: Type }> => frame.type === type)
}
const sse = (response: Parameters<RequestListener>[1], pieces: readonly string[]) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' }).end(pieces.join(''))
}

interface Setting {
  readonly engine: (baseUrl: string) => EngineChoice
  readonly provider?: RequestListener
  /** What the airlock does with what it finds. */
  readonly inspect?: InspectionPolicy
  /** Whether the airlock lets anything through. */
  readonly allowed?: boolean
}

/** A gateway whose agent thinks elsewhere: through a real airlock, over TLS, with a credential of a real store. */
async function thinkingElsewhere({ engine, provider = () => undefined, allowed = true, inspect }: Setting) {
  const upstream = await startUpstream(['api.test'], provider)
  const lock = await airlock({ zone: { 'api.test': ['127.0.0.1'] } })
  const looked = inspect === undefined ? {} : { inspect }
  if (allowed)
    await lock.allow({
      ...{ host: 'api.test', port: upstream.port, ca: upstream.ca, reach: 'loopback', auth: 'any' },
      ...looked,
    })
  const baseUrl = `https://api.test:${upstream.port}`
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'gateway'), { recursive: true, mode: 0o700 })
  writeFileSync(
    join(folder, 'gateway', 'agents.json'),
    JSON.stringify({ version: 1, agents: { main: { engine: engine(baseUrl) } } }),
    { mode: 0o600 },
  )
  const gateway = await startGateway({ folder, config: { airlockSocket: lock.config.airlockSocket } })
  const send = (method: string, path: string, body?: unknown) => {
    const headers = {
      authorization: `Bearer ${gateway.token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    }
    return gateway.ask(`/api/v1${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  }
  await until(
    'the credential store is open',
    async () => (await send('GET', '/credential-store')).json.state === 'empty' || undefined,
  )
  const credential = (rest: Record<string, unknown> = {}) => {
    return send('POST', '/credentials', {
      provider: 'anthropic',
      label: 'work',
      secret: SECRET,
      base_url: baseUrl,
      ...rest,
    })
  }
  return { gateway, upstream, lock, baseUrl, send, credential }
}

const onAnthropic: Setting['engine'] = () => ({
  engine: 'anthropic',
  model: 'claude-x',
  prices: { input: 3, output: 15 },
})

describe('a chat with an agent that thinks elsewhere', () => {
  test('says so first, calls tools, and tells in the end what it cost', async () => {
    const { gateway, upstream, credential, send, lock } = await thinkingElsewhere({
      engine: onAnthropic,
      provider: (_request, response) => {
        sse(
          response,
          upstream.requests.length === 1
            ? anthropic.calls.filter((piece) => !piece.includes('"index":2'))
            : anthropic.words,
        )
      },
    })
    expect((await credential()).status).toBe(201)
    const client = await gateway.connect()
    const frames = await client.ask('how full are my disks?')

    const host = `api.test:${upstream.port}`
    const said = frames.filter(({ type }) => !['status', 'asked'].includes(type))
    expect(said[0]).toMatchObject({ type: 'model', engine: 'anthropic', model: 'claude-x', host })
    expect(framesOf(frames, 'tool_result')).toMatchObject([{ name: 'disk_usage', ok: true }])
    expect(textOf(frames)).toBe('Let me look.Größe: 42 % – gut 😀')
    expect(framesOf(frames, 'usage')).toMatchObject([
      {
        engine: 'anthropic',
        host,
        answers: 2,
        prompt_tokens: 4250,
        cached_tokens: 4000,
        output_tokens: 30,
        cost: (4250 * 3 + 30 * 15) / 1e6,
      },
    ])
    // What was sent and what came back is kept, without the key; the ledger knows of both requests.
    const insights = await send('GET', '/insights')
    expect(insights.json.items).toHaveLength(2)
    expect(insights.text).toContain(host)
    expect(insights.text).not.toContain(SECRET)
    expect(await lock.ledger.next('egress_ended')).toMatchObject({ ok: true, status: 200 })
    expect(upstream.requests.map(({ headers }) => headers['x-api-key'])).toEqual([SECRET, SECRET])
  })

  test('shows byte for byte what left, without what the airlock took out, and what did not leave at all', async () => {
    const { gateway, upstream, credential, send, lock } = await thinkingElsewhere({
      engine: onAnthropic,
      inspect: { contact: 'redact', personal: 'block' },
      provider: (_request, response) => sse(response, anthropic.words),
    })
    await credential()
    const client = await gateway.connect()
    await client.ask('Größe? Tell jane.doe@example.org that 7 × 6 is 42.')
    const [asked] = upstream.requests
    const one = async (id: number) => (await send('GET', `/insights/${id}`)).json as unknown as Insight
    const left = await one(1)
    expect(left.request).toContain('Tell [redacted] that')
    expect(left.request).toBe(Buffer.from(asked?.body ?? '', 'latin1').toString())
    expect(left.request_line).toBe(`POST ${asked?.url} HTTP/1.1`)
    const { 'x-api-key': key, ...headers } = asked?.headers ?? {}
    expect(key).toBe(SECRET)
    expect(Object.fromEntries(left.request_headers)).toEqual({ ...headers, 'x-api-key': '[secret]' })
    expect(left.response).toBe(anthropic.words.join(''))
    expect(left.response_headers).toContainEqual(['content-type', 'text/event-stream'])
    expect(left).toMatchObject({ left: true, taken_out: ['email'], prompt_tokens: 2125, output_tokens: 15 })
    expect(left.ledger_index).toBe((await lock.ledger.next('egress_request')).index)

    await client.ask('My card is 4111 1111 1111 1111.')
    expect(upstream.requests).toHaveLength(1)
    expect(await one(2)).toMatchObject({ left: false, status: null, ledger_index: null, request_headers: [] })
  })

  test('is not sent a result that must not leave the machine, which the owner sees all the same', async () => {
    const { gateway, upstream, credential, send } = await thinkingElsewhere({
      engine: onAnthropic,
      provider: (_request, response) => {
        sse(
          response,
          upstream.requests.length === 1
            ? anthropic.calls.filter((piece) => !piece.includes('"index":2'))
            : anthropic.words,
        )
      },
    })
    gateway.agentd.tools.set('disk_usage', { taint: ['secret'], run: () => ({ key: 'PLANTED-IN-A-FILE' }) })
    await credential()
    const client = await gateway.connect()
    const frames = await client.ask('what is in my key file?')
    expect(framesOf(frames, 'tool_result')).toMatchObject([{ ok: true, result: { key: 'PLANTED-IN-A-FILE' } }])
    await client.ask('and now?')
    expect(upstream.requests).toHaveLength(3)
    expect(JSON.stringify(upstream.requests)).not.toContain('PLANTED-IN-A-FILE')
    expect(upstream.requests[1]?.body).toContain('holds secrets of this machine')
    expect((await send('GET', '/insights')).text).not.toContain('PLANTED-IN-A-FILE')
  })

  test('goes on with the next credential when one is refused, and tells', async () => {
    const { gateway, credential, send } = await thinkingElsewhere({
      engine: onAnthropic,
      provider: ({ headers }, response) => {
        if (headers['x-api-key'] !== SECRET) return sse(response, anthropic.words)
        response
          .writeHead(401, { 'content-type': 'application/json' })
          .end(JSON.stringify(anthropic.error('authentication_error', 'invalid x-api-key')))
      },
    })
    await credential()
    await credential({ label: 'home', secret: `${SECRET}-2` })
    const client = await gateway.connect()
    const frames = await client.ask('hello')
    expect(framesOf(frames, 'notice')).toMatchObject([
      { text: expect.stringMatching(/^work cannot be used now .* going on with home\.$/) },
    ])
    expect(textOf(frames)).toContain('42 %')
    expect(((await send('GET', '/credentials')).json.items as { state: string }[]).map(({ state }) => state)).toEqual([
      'cooling_down',
      'healthy',
    ])
    await until('the failover is on record', () => {
      return gateway.records.entries.some(({ type }) => type === 'engine_changed') || undefined
    })
    expect(gateway.records.entries.findLast(({ type }) => type === 'engine_changed')).toMatchObject({
      ...{ agent: 'main', failover: true, credential: expect.stringMatching(/^cred_/) },
    })
  })

  test('is told what to allow where the airlock does not let it out', async () => {
    const { gateway, credential, upstream } = await thinkingElsewhere({ engine: onAnthropic, allowed: false })
    await credential()
    const client = await gateway.connect()
    const frames = await client.ask('hello')
    expect(framesOf(frames, 'error')).toMatchObject([{ code: 'egress_denied' }])
    expect(framesOf(frames, 'done')).toHaveLength(1)
    expect(upstream.requests).toEqual([])
  })

  test('closes its request when it is stopped', async () => {
    const { gateway, credential, upstream } = await thinkingElsewhere({
      engine: onAnthropic,
      provider: (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.write(anthropic.firstWords.join(''))
      },
    })
    await credential()
    const client = await gateway.connect()
    const answer = client.ask('hello')
    await until('the first words are there', () => textOf(client.frames) === 'The disk ' || undefined)
    client.send({ type: 'abort' })
    expect(framesOf(await answer, 'error')).toEqual([])
    await until('the provider sees the connection close', () => upstream.open() === 0 || undefined)
  })
})

describe('a choice of engine', () => {
  const listing: RequestListener = ({ headers }, response) => {
    const known = headers['x-api-key'] === SECRET || headers.authorization !== undefined
    response.writeHead(known ? 200 : 401, { 'content-type': 'application/json' })
    response.end(
      JSON.stringify(
        known
          ? anthropic.models('claude-x-20260101', 'claude-y')
          : anthropic.error('authentication_error', 'invalid x-api-key'),
      ),
    )
  }
  const setting = { engine: () => ({ engine: 'llama' as const }), provider: listing }

  test('is tried as it would be used', async () => {
    const { credential, send } = await thinkingElsewhere(setting)
    const { id } = (await credential()).json
    const answer = await send('POST', '/engines/test', { engine: 'anthropic', model: 'claude-x', credential: id })
    expect([answer.status, answer.json]).toMatchObject([
      200,
      { engine: 'anthropic', credential: id, model: { name: 'claude-x' } },
    ])
    expect((await send('POST', '/engines/test', { engine: 'llama' })).json).toMatchObject({
      engine: 'llama',
      credential: null,
    })
  })

  test.each([
    ['a model that is not offered', { engine: 'anthropic', model: 'claude-z' }, /does not offer the model claude-z/],
    ['no credential', { engine: 'openai', model: 'gpt' }, /There is no credential of openai\. Add one/],
    [
      'an address that is not allowed',
      { engine: 'openai', model: 'x', base_url: 'https://elsewhere.test/v1' },
      /cannot be used/,
    ],
  ])('with %s is refused with what to do', async (_what, choice, message) => {
    const { credential, send } = await thinkingElsewhere(setting)
    await credential()
    const answer = await send('POST', '/engines/test', choice)
    expect([answer.status, answer.json.code, answer.json.message]).toEqual([
      422,
      'engine_unsuitable',
      expect.stringMatching(message),
    ])
  })

  test('with a credential of the wrong kind is refused, and so is one that its provider refuses', async () => {
    const { credential, send } = await thinkingElsewhere(setting)
    const oauth = (await credential({ auth: 'oauth_token', secret: 'sk-ant-oat01-SUBSCRIPTION' })).json
    const wrong = await send('POST', '/engines/test', { engine: 'anthropic', model: 'claude-x', credential: oauth.id })
    expect([wrong.status, wrong.json.message]).toEqual([
      422,
      expect.stringContaining('is of the kind oauth_token, and the engine anthropic takes api_key'),
    ])
    expect(
      (await send('POST', '/engines/test', { engine: 'openclaw', model: 'x', credential: oauth.id })).json,
    ).toMatchObject({ code: 'engine_unsuitable' })
    const stale = (await credential({ label: 'stale', secret: 'sk-ant-api03-NOT-ACCEPTED' })).json
    const refused = await send('POST', '/engines/test', {
      engine: 'anthropic',
      model: 'claude-x',
      credential: stale.id,
    })
    expect([refused.status, refused.json.detail]).toMatchObject([422, { code: 'engine_refused' }])
  })

  test('of an agent is refused as well, and the agent keeps what it has', async () => {
    const { send } = await thinkingElsewhere(setting)
    const before = await send('GET', '/agents/main')
    const answer = await send('PUT', '/agents/main', { engine: { engine: 'anthropic', model: 'claude-x' } })
    expect([answer.status, answer.json.code]).toEqual([422, 'engine_unsuitable'])
    expect((await send('GET', '/agents/main')).json).toEqual(before.json)
  })

  test('of an agent that passes is on record before it counts', async () => {
    const { credential, send, gateway } = await thinkingElsewhere(setting)
    await credential()
    const answer = await send('PUT', '/agents/main', { engine: { engine: 'anthropic', model: 'claude-x' } })
    expect(answer.status).toBe(200)
    expect(gateway.records.entries.find(({ type }) => type === 'engine_changed')).toMatchObject({
      ...{ agent: 'main', from: 'llama', to: 'anthropic:claude-x', failover: false },
    })
  })

  test('is among engines that each say how they are', async () => {
    const { credential, send } = await thinkingElsewhere(setting)
    const list = async () =>
      (await send('GET', '/engines')).json.items as { engine: string; state: string; problem?: { code: string } }[]
    const [llama, ...others] = await list()
    expect(llama).toMatchObject({
      engine: 'llama',
      outside: false,
      state: 'ready',
      supported_auth: ['none'],
      models: [{ name: 'stand-in' }],
    })
    expect(others.map(({ engine }) => engine)).toEqual(['openai', 'anthropic', 'claude-code', 'openclaw'])
    expect(others[1]).toMatchObject({ state: 'unavailable', problem: { code: 'credential_missing' } })
    await credential()
    expect((await list())[2]).toMatchObject({ engine: 'anthropic', state: 'ready', supported_auth: ['api_key'] })
  })
})

test('a server of one’s own at an allowed address needs no credential', async () => {
  const { gateway } = await thinkingElsewhere({
    engine: (baseUrl) => ({ engine: 'openai', model: 'qwen', base_url: `${baseUrl}/v1`, context_tokens: 32_768 }),
    provider: (_request, response) => sse(response, openai.words),
  })
  const client = await gateway.connect()
  const frames = await client.ask('hello')
  expect(textOf(frames)).toContain('42 %')
  expect(framesOf(frames, 'usage')).toMatchObject([{ cost: null, prompt_tokens: 82 }])
})

const claude = findCommand('claude')
const installed = requires
  .that(
    claude !== undefined,
    'needs Claude Code as the command claude on the PATH (npm install -g @anthropic-ai/claude-code)',
  )
  .and(requires.command('prlimit', 'util-linux'))

installed.test(
  'Claude Code reaches its provider through the airlock’s tunnel and no other way, and its calls are the chat’s',
  async () => {
    const { lock, upstream, credential, gateway } = await thinkingElsewhere({
      engine: () => ({ engine: 'claude-code', model: 'claude-sonnet-4-5' }),
      provider: (_request, response) => {
        const named = anthropic.calls.map((piece) => piece.replaceAll('"disk_usage"', '"mcp__castellan__disk_usage"'))
        sse(
          response,
          upstream.requests.length === 1 ? named.filter((piece) => !piece.includes('"index":2')) : anthropic.words,
        )
      },
    })
    await credential()
    // It trusts the authorities of the system; this one is the test's.
    const ca = join(temporaryFolder(), 'ca.pem')
    writeFileSync(ca, upstream.ca)
    const path = process.env.PATH
    process.env.PATH = programOnPath(
      'claude',
      `process.env.NODE_EXTRA_CA_CERTS = ${JSON.stringify(ca)}
       require('node:child_process').spawn(${JSON.stringify(claude)}, process.argv.slice(2), { stdio: 'inherit' }).on('exit', (code) => process.exit(code))`,
    )
    try {
      expect(installedProgram('claude', '')).not.toBe(claude)
      const client = await gateway.connect()
      const frames = await client.ask('how full are my disks?')
      expect(framesOf(frames, 'error')).toEqual([])
      expect(framesOf(frames, 'tool_result')).toMatchObject([{ name: 'disk_usage', ok: true }])
      expect(textOf(frames)).toContain('42 %')
      expect(await lock.ledger.next('egress_tunnel_opened')).toBeDefined()
      expect(gateway.agentd.calls.filter(({ tool }) => tool === 'disk_usage')).toHaveLength(1)
    } finally {
      process.env.PATH = path
    }
  },
)
