import { findCommand, requires } from '@castellan/testing'
import { describe, expect, test } from 'vitest'
import type { EngineHooks } from '../../../src/engines/engine.ts'
import { OpenclawEngine } from '../../../src/engines/openclaw/openclaw.ts'
import * as anthropic from '../../support/providers/anthropic.ts'
import { cliParts, programOnPath } from '../../support/providers/cli.ts'
import { collect, doneOf, FakeCredentials, hello, midTurn, running, textOf } from '../../support/providers/parts.ts'
import { FakeProvider, streaming } from '../../support/providers/server.ts'

const limits = requires.command('prlimit', 'util-linux')
const installed = requires
  .that(
    findCommand('openclaw') !== undefined,
    'needs OpenClaw as the command openclaw on the PATH (npm install -g openclaw)',
  )
  .and(limits)
/** It takes its time to start: it sets up a database for each run. */
const REAL_MS = 240_000

const answering =
  (calls: string[]): NonNullable<EngineHooks['callTool']> =>
  async (name, args) => {
    calls.push(`${name} ${JSON.stringify(args)}`)
    return {
      role: 'tool',
      call_id: 'call_fromopenclaw' as never,
      name,
      ok: true,
      summary: '42%',
      result: { used: 42 },
      ledger_index: 9,
    }
  }

function engineFor(baseUrl: string, path?: string) {
  const parts = cliParts({ credentials: new FakeCredentials({ baseUrl }), ...(path === undefined ? {} : { path }) })
  const choice = { engine: 'openclaw' as const, model: 'claude-x', dialect: 'anthropic' as const }
  return new OpenclawEngine(choice, parts, { provider: 'anthropic' })
}

installed.describe('the real OpenClaw', () => {
  installed.test(
    'runs a turn with our tools alone, and tells what it used',
    async () => {
      const named = anthropic.calls.map((piece) => piece.replaceAll('"disk_usage"', '"castellan__disk_usage"'))
      // One call of the two of the recording.
      const first = streaming(...named.slice(0, 4), ...named.slice(4, 9), ...named.slice(-2))
      const provider = await FakeProvider.start(first, streaming(...anthropic.words))
      const calls: string[] = []
      const events = await collect(engineFor(provider.url).complete(midTurn, running(), { callTool: answering(calls) }))

      expect(calls).toEqual(['disk_usage {"path":"/é"}'])
      expect(textOf(events)).toBe('Größe: 42 % – gut 😀')
      expect(doneOf(events).usage.promptTokens).toBeGreaterThan(0)
      expect(provider.received[0]?.body.tools).toMatchObject([{ name: 'castellan__disk_usage' }])
      expect(provider.received[0]?.headers['x-api-key']).toBe('sk-test-secret-0')
      expect(provider.received[0]?.text).toContain('You keep a server.')
    },
    REAL_MS,
  )

  installed.test(
    'says its version',
    async () => {
      expect(await engineFor('http://127.0.0.1:9').health()).toMatchObject({ state: 'ready' })
    },
    REAL_MS,
  )
})

const loopback = 'http://127.0.0.1:9'
const envelope = {
  ok: true,
  status: 'ok',
  final: 'All is well.',
  usage: { input: 120, output: 8, cacheRead: 30, cacheWrite: 0, total: 158 },
  toolSummary: { calls: 1, tools: ['castellan__disk_usage'] },
}
const ask = (source: string) => {
  const engine = engineFor(loopback, programOnPath('openclaw', source))
  return collect(engine.complete(hello, running(), { callTool: answering([]) }))
}
const saying = (value: unknown) => `console.log(${JSON.stringify(JSON.stringify(value, null, 2))})`

limits.describe('what OpenClaw writes', () => {
  limits.test('is its answer in one piece, and what it used', async () => {
    const events = await ask(saying(envelope))
    expect(textOf(events)).toBe('All is well.')
    expect(doneOf(events).usage).toMatchObject({ promptTokens: 150, outputTokens: 8, cacheReadTokens: 30 })
  })

  limits.test('that tells of a tool of its own is not taken', async () => {
    await expect(ask(saying({ ...envelope, toolSummary: { tools: ['exec'] } }))).rejects.toMatchObject({
      code: 'engine_unsuitable',
    })
  })

  limits.test('may be a refusal of its provider', async () => {
    const failed = { ok: false, status: 'error', error: { kind: 'model', message: 'HTTP 404: model not found' } }
    await expect(ask(saying(failed))).rejects.toMatchObject({
      code: 'engine_refused',
      says: 'HTTP 404: model not found',
    })
  })

  limits.test('that is no envelope is no answer', async () => {
    await expect(ask('console.log("{ half"); process.exitCode = 1')).rejects.toMatchObject({ code: 'engine_crashed' })
  })
})

limits.test('OpenClaw is given no secret but by its environment, and no tool but ours by name', async () => {
  const told = `const fs = require('node:fs'); const said = JSON.stringify({ args: process.argv.slice(2), config: fs.readFileSync('openclaw.json', 'utf8'), mode: fs.statSync('openclaw.json').mode & 0o777, key: process.env.CASTELLAN_API_KEY }).replaceAll('sk-test', 'KEY');
    process.stdin.resume().on('end', () => console.log(JSON.stringify({ ...${JSON.stringify(envelope)}, final: said })))`
  const { args, config, mode, key } = JSON.parse(textOf(await ask(told)))
  expect([key, mode]).toEqual(['KEY-secret-0', 0o600])
  expect(`${args.join(' ')} ${config}`).not.toMatch(/KEY-secret|How full/)
  expect(JSON.parse(config).tools.allow).toEqual(['castellan__disk_usage'])
})

describe('OpenClaw that is not installed', () => {
  test('says how to install it', async () => {
    await expect(engineFor(loopback, '/nowhere').health()).rejects.toMatchObject({
      code: 'engine_unavailable',
      message: expect.stringContaining('npm install -g openclaw'),
    })
  })
})
