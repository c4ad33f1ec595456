import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { CastellanError } from '@castellan/contracts'
import { findCommand, requires, until } from '@castellan/testing'
import { describe, expect, test } from 'vitest'
import { ClaudeCodeEngine } from '../../../src/engines/claude-code/claude-code.ts'
import type { EngineCredential } from '../../../src/engines/credentials.ts'
import type { AnswerEvent, EngineHooks } from '../../../src/engines/engine.ts'
import type { Exchange } from '../../../src/engines/exchange.ts'
import * as recorded from '../../support/providers/anthropic.ts'
import { cliParts, FakeTunnels, programOnPath } from '../../support/providers/cli.ts'
import { collect, doneOf, FakeCredentials, hello, midTurn, running, textOf } from '../../support/providers/parts.ts'
import { FakeProvider, hangingAfter, json, type Received, streaming } from '../../support/providers/server.ts'

const limits = requires.command('prlimit', 'util-linux')
const installed = requires
  .that(
    findCommand('claude') !== undefined,
    'needs Claude Code as the command claude on the PATH (npm install -g @anthropic-ai/claude-code)',
  )
  .and(limits)
const REAL_MS = 120_000

const call = (name: string, input: Record<string, unknown>) => [
  ...recorded.calls.slice(0, 4),
  `event: content_block_start\ndata: ${JSON.stringify({ type: 'content_block_start', index: 1, content_block: { type: 'tool_use', id: 'toolu_01', name, input: {} } })}\n\n`,
  `event: content_block_delta\ndata: ${JSON.stringify({ type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: JSON.stringify(input) } })}\n\n`,
  `event: content_block_stop\ndata: {"type":"content_block_stop","index":1}\n\n`,
  ...recorded.calls.slice(-2),
]
const answering =
  (calls: string[]): NonNullable<EngineHooks['callTool']> =>
  async (name, args) => {
    calls.push(`${name} ${JSON.stringify(args)}`)
    return {
      role: 'tool',
      call_id: 'call_fromclaude1' as never,
      name,
      ok: true,
      summary: '42% full',
      result: { used: 42 },
      ledger_index: 9,
    }
  }
const isSideQuestion = ({ body }: Received) => ((body.tools as unknown[] | undefined)?.length ?? 0) === 0

function engineFor(
  baseUrl: string,
  credentials = new FakeCredentials({ baseUrl }),
  rest: Parameters<typeof cliParts>[0] = {},
) {
  const parts = cliParts({ credentials, ...rest })
  return new ClaudeCodeEngine({ engine: 'claude-code', model: 'claude-sonnet-4-5' }, parts, { provider: 'anthropic' })
}
const runFolders = () => readdirSync(tmpdir()).filter((name) => name.startsWith(`castellan-run-${process.pid}-`))

installed.describe('the real Claude Code', () => {
  installed.test(
    'runs a turn with our tools alone: streams, calls, and tells what it used',
    async () => {
      const first = streaming(...call('mcp__castellan__disk_usage', { path: '/' }))
      const second = streaming(...recorded.words)
      let asked = 0
      const provider = await FakeProvider.start((response, received) => {
        if (!isSideQuestion(received)) asked += 1
        return (asked > 1 ? second : first)(response, received)
      })
      const calls: string[] = []
      const exchanges: Exchange[] = []
      const hooks = { callTool: answering(calls), onExchange: (exchange: Exchange) => exchanges.push(exchange) }
      const events = await collect(engineFor(provider.url).complete(midTurn, running(), hooks))

      expect(calls).toEqual(['disk_usage {"path":"/"}'])
      expect(textOf(events)).toBe('Let me look.Größe: 42 % – gut 😀')
      expect(doneOf(events)).toMatchObject({
        reason: 'stop',
        usage: { promptTokens: expect.any(Number), outputTokens: expect.any(Number) },
      })
      const [request] = provider.received.filter(
        (received) => received.path.startsWith('/v1/messages') && !isSideQuestion(received),
      ) as [Received]
      expect((request.body.tools as { name: string }[]).map(({ name }) => name)).toEqual(['mcp__castellan__disk_usage'])
      expect(request.headers['x-api-key']).toBe('sk-test-secret-0')
      expect(request.text).toContain('You keep a server.')
      expect(request.text).toContain('Owner: Hello.')
      expect(exchanges).toMatchObject([{ engine: 'claude-code', url: provider.url, problem: null }])
      expect(JSON.stringify(exchanges)).not.toContain('sk-test-secret')
    },
    REAL_MS,
  )

  installed.test(
    'goes on with the next credential at once when one is not accepted, and tells the chat',
    async () => {
      const provider = await FakeProvider.start((response, received) => {
        const refused = received.headers['x-api-key'] === 'sk-test-secret-0'
        return (
          refused
            ? json(401, recorded.error('authentication_error', 'invalid x-api-key'))
            : streaming(...recorded.words)
        )(response, received)
      })
      const credentials = new FakeCredentials({ baseUrl: provider.url }, { baseUrl: provider.url })
      const events = await collect(
        engineFor(provider.url, credentials).complete(hello, running(), { callTool: answering([]) }),
      )
      expect(textOf(events)).toContain('42 %')
      expect(credentials.failures).toMatchObject([{ id: 'cred_number0x', fault: 'unauthorized' }])
      expect(events[0]).toMatchObject({ type: 'notice', text: expect.stringContaining('going on with key 1') })
    },
    REAL_MS,
  )

  installed.test(
    'is gone with its folder, its process and its way out when the turn is stopped',
    async () => {
      const provider = await FakeProvider.start(hangingAfter(...recorded.firstWords))
      const before = runFolders().length
      const stop = new AbortController()
      const events: AnswerEvent[] = []
      const reading = async () => {
        for await (const event of engineFor(provider.url).complete(hello, stop.signal, { callTool: answering([]) })) {
          events.push(event)
          if (event.type === 'text') stop.abort()
        }
      }
      await expect(reading()).rejects.toMatchObject({ code: 'cancelled' })
      expect(textOf(events)).toBe('The disk ')
      await until('the provider sees the connection close', () => provider.abandoned > 0 || undefined)
      expect(runFolders().length).toBeLessThanOrEqual(before)
    },
    REAL_MS,
  )

  installed.test(
    'says its version',
    async () => {
      expect(await engineFor('http://127.0.0.1:9').health()).toMatchObject({
        state: 'ready',
        model: { name: 'claude-sonnet-4-5' },
      })
    },
    REAL_MS,
  )
})

/** Says what a program of that name would, from lines of JSON. */
const saying = (...messages: readonly unknown[]) => {
  return `for (const line of ${JSON.stringify(messages.map((message) => JSON.stringify(message)))}) console.log(line)`
}
const init = {
  type: 'system',
  subtype: 'init',
  tools: ['mcp__castellan__disk_usage'],
  mcp_servers: [{ name: 'castellan', status: 'connected' }],
}
const text = (words: string) => ({
  type: 'stream_event',
  parent_tool_use_id: null,
  event: { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: words } },
})
const result = {
  type: 'result',
  subtype: 'success',
  is_error: false,
  stop_reason: 'end_turn',
  duration_ms: 5,
  total_cost_usd: 0.5,
  usage: { input_tokens: 3, output_tokens: 4, cache_read_input_tokens: 2, cache_creation_input_tokens: 0 },
  modelUsage: { 'claude-x': { costBasis: 'list' } },
}
const loopback = 'http://127.0.0.1:9'
const hooks = { callTool: answering([]) }

limits.describe('what Claude Code writes', () => {
  const ask = (source: string, parts: Parameters<typeof cliParts>[0] = {}) => {
    const path = programOnPath('claude', source)
    return collect(
      engineFor(loopback, new FakeCredentials({ baseUrl: loopback }), { path, ...parts }).complete(
        hello,
        running(),
        hooks,
      ),
    )
  }

  limits.test('is its words, its usage, and its price where it knows one', async () => {
    const events = await ask(saying(init, text('It is '), text('full.'), result))
    expect(textOf(events)).toBe('It is full.')
    expect(doneOf(events).usage).toMatchObject({ promptTokens: 5, outputTokens: 4, cacheReadTokens: 2, cost: 0.5 })
    const guessed = await ask(
      saying(init, text('x'), { ...result, modelUsage: { 'claude-x': { costBasis: 'unknown' } } }),
    )
    expect(doneOf(guessed).usage).not.toHaveProperty('cost')
  })

  limits.test('with a tool of its own on is not gone on with', async () => {
    await expect(ask(saying({ ...init, tools: ['Bash'] }, text('I ran it.'), result))).rejects.toMatchObject({
      code: 'engine_unsuitable',
    })
  })

  limits.test('without our tools is no answer', async () => {
    const lost = { ...init, tools: [], mcp_servers: [{ name: 'castellan', status: 'failed' }] }
    await expect(ask(saying(lost, text('x'), result))).rejects.toMatchObject({ code: 'engine_crashed' })
  })

  limits.test('may be a refusal of its provider', async () => {
    const failed = {
      ...result,
      is_error: true,
      subtype: 'success',
      api_error_status: 404,
      result: 'There is no model claude-x.',
    }
    await expect(ask(saying(init, failed))).rejects.toMatchObject({
      code: 'engine_refused',
      says: 'There is no model claude-x.',
    })
  })

  limits.test('that ends without a result is reported with its last complaint, without the key', async () => {
    const source = `${saying(init)}; console.error('cannot go on with ' + process.env.ANTHROPIC_API_KEY); process.exitCode = 4`
    const error = await ask(source).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'engine_crashed',
      message: expect.stringContaining('cannot go on with [secret]'),
    })
  })

  limits.test('of anything else is passed over', async () => {
    expect(
      textOf(
        await ask(
          `console.log('no JSON'); console.log('[]'); console.log('7'); ${saying(init, { type: 'new' }, text('x'), result)}`,
        ),
      ),
    ).toBe('x')
  })
})

/** A program that calls a tool as an MCP client does, and says what came back. */
const calling = `
  const { url } = JSON.parse(require('node:fs').readFileSync('mcp.json', 'utf8')).mcpServers.castellan
  const headers = { authorization: 'Bearer ' + process.env.CASTELLAN_TOOLS_TOKEN, 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
  const post = (message, more = {}) => fetch(url, { method: 'POST', headers: { ...headers, ...more }, body: JSON.stringify({ jsonrpc: '2.0', ...message }) })
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'x', version: '1' } }
  ;(async () => {
    const session = (await post({ id: 0, method: 'initialize', params })).headers.get('mcp-session-id')
    const call = { id: 1, method: 'tools/call', params: { name: 'disk_usage', arguments: { path: '/' } } }
    const answer = await (await post(call, { 'mcp-session-id': session, 'mcp-protocol-version': '2025-11-25' })).text()
    for (const m of [INIT, { type: 'stream_event', parent_tool_use_id: null, event: { delta: { type: 'text_delta', text: answer } } }, RESULT]) console.log(JSON.stringify(m))
  })()`
  .replace('INIT', JSON.stringify(init))
  .replace('RESULT', JSON.stringify(result))

limits.describe('a call that Claude Code makes', () => {
  const ask = (callTool: NonNullable<EngineHooks['callTool']>, signal = running()) => {
    const engine = engineFor(loopback, new FakeCredentials({ baseUrl: loopback }), {
      path: programOnPath('claude', calling),
    })
    return collect(engine.complete(hello, signal, { callTool }))
  }

  limits.test('is the turn’s, and is answered', async () => {
    const calls: string[] = []
    expect(textOf(await ask(answering(calls)))).toContain('42% full')
    expect(calls).toEqual(['disk_usage {"path":"/"}'])
  })

  limits.test('ends the run where it cannot be made at all, for that reason', async () => {
    const refusing = ask(async () => {
      throw new CastellanError('too_many_tool_calls', 'It asked for more than 12.')
    })
    await expect(refusing).rejects.toMatchObject({ code: 'too_many_tool_calls' })
  })

  limits.test('that waits for a person ends with the turn', async () => {
    const stop = new AbortController()
    const waiting = ask(async () => {
      stop.abort()
      return new Promise(() => {})
    }, stop.signal)
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' })
  })
})

limits.describe('what Claude Code is given', () => {
  const inspect = (lines: string) =>
    `const fs = require('node:fs'); let input = ''; process.stdin.on('data', (d) => { input += d }).on('end', () => { ${lines} })`
  const told = (value: string) =>
    inspect(
      // A secret that is said as it is would be taken out of the answer.
      `const said = JSON.stringify(${value}).replaceAll('sk-test', 'KEY'); for (const m of [${JSON.stringify(init)}, { type: 'stream_event', parent_tool_use_id: null, event: { delta: { type: 'text_delta', text: said } } }, ${JSON.stringify(result)}]) console.log(JSON.stringify(m))`,
    )
  const ask = async (
    value: string,
    credential: Partial<EngineCredential>,
    parts: Parameters<typeof cliParts>[0] = {},
  ) => {
    const engine = engineFor(loopback, new FakeCredentials({ baseUrl: loopback, ...credential }), {
      path: programOnPath('claude', told(value)),
      ...parts,
    })
    return JSON.parse(textOf(await collect(engine.complete(hello, running(), hooks))))
  }

  limits.test('is nothing secret on its command line, nor anything that was said', async () => {
    const args: string[] = await ask('process.argv.slice(2)', {})
    expect(args.join(' ')).not.toMatch(/KEY|How full|keep a server/)
    expect(args).toEqual(expect.arrayContaining(['--strict-mcp-config', '--tools', '']))
  })

  limits.test('is an environment of its own, with the key of its kind', async () => {
    const env = await ask('process.env', {})
    expect(env).toMatchObject({ ANTHROPIC_API_KEY: 'KEY-secret-0', ANTHROPIC_BASE_URL: loopback })
    expect(env.HOME).toMatch(/castellan-run-/)
    expect(Object.keys(env)).not.toContain('VITEST')
    expect(await ask('process.env', { auth: 'oauth_token' })).toMatchObject({
      CLAUDE_CODE_OAUTH_TOKEN: 'KEY-secret-0',
    })
  })

  limits.test('are files that only it can read, and that name no secret', async () => {
    const files = await ask(
      "fs.readdirSync('.').map((name) => [name, fs.statSync(name).mode & 0o777, fs.readFileSync(name, 'utf8')])",
      {},
    )
    expect(files.map(([name, mode]: [string, number]) => [name, mode])).toEqual([
      ['mcp.json', 0o600],
      ['system.txt', 0o600],
    ])
    expect(JSON.stringify(files)).not.toMatch(/KEY-secret/)
    expect(files[0][2]).toMatch(/Bearer \$\{CASTELLAN_TOOLS_TOKEN\}/)
  })

  limits.test('is a way out to its provider’s host, for as long as it runs', async () => {
    const outbound = new FakeTunnels()
    const credential = { baseUrl: 'https://api.anthropic.example' }
    expect(await ask('process.env.HTTPS_PROXY', credential, { outbound })).toBe('http://run:password@127.0.0.1:9')
    expect(outbound.granted).toMatchObject([
      { hosts: [{ host: 'api.anthropic.example', port: 443 }], purpose: 'engine.claude-code' },
    ])
    expect(outbound.open).toBe(0)
  })

  limits.test('is no way to send its key in the clear', async () => {
    await expect(ask('1', { baseUrl: 'http://lan.example' })).rejects.toMatchObject({ code: 'engine_unsuitable' })
  })
})

describe('Claude Code that is not installed', () => {
  test('says how to install it', async () => {
    const engine = engineFor(loopback, new FakeCredentials({}), { path: '/nowhere' })
    await expect(engine.health()).rejects.toMatchObject({
      code: 'engine_unavailable',
      message: expect.stringContaining('npm install -g @anthropic-ai/claude-code'),
    })
    await expect(collect(engine.complete(hello, running()))).rejects.toMatchObject({ code: 'engine_unavailable' })
  })
})
