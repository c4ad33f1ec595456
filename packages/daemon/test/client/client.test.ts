import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { CastellanError } from '@castellan/contracts'
import { temporaryFolder, until } from '@castellan/testing'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { readLines } from '../../src/client/lines.ts'
import { UnixClient } from '../../src/index.ts'
import { serve } from '../support/server.ts'

const never = () => new Promise<never>(() => undefined)

test('an answer is checked against what was agreed', async () => {
  const { client } = await serve((server) => server.route('GET', '/x', {}, () => ({ a: 1 })))
  expect(await client.request('GET', '/x', { schema: z.strictObject({ a: z.number() }) })).toEqual({ a: 1 })
  await expect(client.request('GET', '/x', { schema: z.strictObject({ a: z.string() }) })).rejects.toMatchObject({
    code: 'internal',
    message: 'test answered GET /x in a form that was not agreed.',
  })
})

test('a refusal arrives with its code, sentence, detail and when to try again', async () => {
  const { client } = await serve((server) =>
    server.route('POST', '/x', { body: z.unknown() }, () => {
      throw new CastellanError('rate_limited', 'Slower.', { detail: { perMinute: 6 }, retryAfterSeconds: 9 })
    }),
  )
  await expect(client.request('POST', '/x', { schema: z.unknown(), body: {} })).rejects.toMatchObject({
    code: 'rate_limited',
    message: 'Slower.',
    detail: { perMinute: 6 },
    retryAfterSeconds: 9,
  })
})

test('nobody there: the caller’s own code, and a sentence that names the socket', async () => {
  const socketPath = join(temporaryFolder(), 'none.sock')
  const client = new UnixClient({ socketPath, peer: 'engine', unavailable: 'engine_unavailable' })
  await expect(client.request('GET', '/x', { schema: z.unknown() })).rejects.toMatchObject({
    code: 'engine_unavailable',
    message: `engine is not running: nothing answers on ${socketPath}. Start it, or wait for its restart.`,
  })
})

test('a server that goes away in the middle: the caller’s own code, and that nothing is certain', async () => {
  let entered = false
  const { client, server } = await serve((it) =>
    it.route('GET', '/x', {}, () => {
      entered = true
      return never()
    }),
  )
  const asking = client.request('GET', '/x', { schema: z.unknown() })
  asking.catch(() => undefined)
  await until('the handler runs', () => entered)
  await server.close({ graceMs: 0 })
  await expect(asking).rejects.toMatchObject({
    code: 'agentd_unavailable',
    message: expect.stringContaining('may or may not have happened'),
  })
})

test('a request that takes too long ends with deadline_exceeded, one that is given up with cancelled', async () => {
  let entered = 0
  let told = 0
  const { client } = await serve((server) =>
    server.route('GET', '/x', {}, ({ signal }) => {
      entered += 1
      signal.addEventListener('abort', () => {
        told += 1
      })
      return never()
    }),
  )
  await expect(client.request('GET', '/x', { schema: z.unknown(), timeoutMs: 500 })).rejects.toMatchObject({
    code: 'deadline_exceeded',
    message: 'test did not answer within 500 ms.',
  })
  const giveUp = new AbortController()
  const asking = client.request('GET', '/x', { schema: z.unknown(), signal: giveUp.signal })
  asking.catch(() => undefined)
  const before = entered
  await until('the handler runs', () => entered > before)
  giveUp.abort()
  await expect(asking).rejects.toMatchObject({ code: 'cancelled' })
  await until('every handler that ran was told', () => told === entered)
})

test('connections are kept: requests one after the other use the same one', async () => {
  const sockets = new Set<Socket>()
  const { client } = await serve((server) => server.route('GET', '/x', {}, () => 1))
  const onRequest = (message: unknown) => sockets.add((message as { request: { socket: Socket } }).request.socket)
  subscribe('http.server.request.start', onRequest)
  onTestFinished(() => void unsubscribe('http.server.request.start', onRequest))
  for (let round = 0; round < 50; round += 1) await client.request('GET', '/x', { schema: z.number() })
  expect(sockets.size).toBe(1)
})

test('the caller’s request id travels along', async () => {
  const { client } = await serve((server) => server.route('GET', '/x', {}, ({ requestId }) => requestId))
  expect(await client.request('GET', '/x', { schema: z.string(), requestId: 'trace-7' })).toBe('trace-7')
})

test('lines come out whole however the bytes were cut', async () => {
  const text = '{"a":"ä€𝄞"}\n\n{"b":2}\n{"c":3}'
  const bytes = Buffer.from(text)
  for (let size = 1; size <= bytes.length; size += 1) {
    const pieces = async function* () {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
    }
    const lines: string[] = []
    for await (const line of readLines(pieces(), 1000)) lines.push(line)
    expect(lines).toEqual(['{"a":"ä€𝄞"}', '{"b":2}', '{"c":3}'])
  }
})

test('a line without end is refused before it fills the memory', async () => {
  const endless = async function* () {
    for (;;) yield Buffer.alloc(1000, 'x')
  }
  const reading = (async () => {
    for await (const _ of readLines(endless(), 10_000)) throw new Error('there is no line')
  })()
  await expect(reading).rejects.toMatchObject({ code: 'too_large' })
})
