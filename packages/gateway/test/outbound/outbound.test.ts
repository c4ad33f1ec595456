import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { temporaryFolder, until } from '@castellan/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { airlock, refusal } from '../../../airlock/test/support/airlock.ts'
import { startUpstream } from '../../../airlock/test/support/upstream.ts'
import { Outbound } from '../../src/outbound/outbound.ts'

/** The gateway's way out through a real airlock to a real server. */
async function reachable(handler?: Parameters<typeof startUpstream>[1]) {
  const upstream = await startUpstream(['api.test'], handler)
  const lock = await airlock({ zone: { 'api.test': ['127.0.0.1'] } })
  const { port, ca } = upstream
  await lock.allow({ host: 'api.test', port, ca, reach: 'loopback' })
  const outbound = new Outbound(lock.config.airlockSocket)
  onTestFinished(() => outbound.close())
  return { upstream, lock, outbound, url: `https://api.test:${port}/v1/chat` }
}

const purpose = 'test.outbound'

describe('fetch', () => {
  test('sends text and bytes, and gives back a Response', async () => {
    const { outbound, url, upstream } = await reachable((request, response) => {
      response.writeHead(request.method === 'POST' ? 201 : 404, {
        'content-type': 'application/json',
        'x-request-id': 'r1',
      })
      response.end('{"ok":"ä"}')
    })
    const answer = await outbound.fetch(url, {
      method: 'POST',
      body: '{"a":"ü"}',
      headers: { 'x-api-key': 'k' },
      purpose,
    })
    expect([answer.status, answer.ok, answer.url, answer.headers.get('x-request-id')]).toEqual([201, true, url, 'r1'])
    expect(answer.head).toMatchObject({ redirects: 0, stripped: [], index: expect.any(Number) })
    expect(await answer.json()).toEqual({ ok: 'ä' })
    const missing = await outbound.fetch(new URL(url), { method: 'PUT', body: new Uint8Array([0, 255]), purpose })
    expect([missing.status, missing.ok]).toEqual([404, false])
    expect(upstream.requests.map(({ body }) => Buffer.from(body, 'latin1').toString('hex'))).toEqual([
      Buffer.from('{"a":"ü"}').toString('hex'),
      '00ff',
    ])
  })

  test.each([
    ['GET', 204],
    ['GET', 304],
    ['HEAD', 200],
  ] as const)('%s with %d has no body, and its connection is free again', async (method, status) => {
    const { outbound, url, lock } = await reachable((_request, response) => void response.writeHead(status).end())
    const answer = await outbound.fetch(url, { method, purpose })
    expect([answer.status, answer.body]).toEqual([status, null])
    expect(await lock.ledger.next('egress_ended')).toMatchObject({ ok: true, status })
    expect((await lock.health()).detail?.under_way).toBe(0)
  })

  test('streams: each piece is here before the next one is sent', async () => {
    let next: (() => void) | undefined
    const { outbound, url } = await reachable((_request, response) => {
      let left = 3
      next = () => (left-- > 0 ? response.write(`data: ${left}\n\n`) : response.end())
      next()
    })
    const seen: string[] = []
    const { body } = await outbound.fetch(url, { purpose })
    for await (const piece of body as ReadableStream<Uint8Array>) {
      seen.push(Buffer.from(piece).toString())
      next?.()
    }
    expect(seen).toEqual(['data: 2\n\n', 'data: 1\n\n', 'data: 0\n\n'])
  })

  test('never passes a part for the whole', async () => {
    const { outbound, url } = await reachable((_request, response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('part')
      setImmediate(() => response.socket?.destroy())
    })
    const broken = await outbound.fetch(url, { purpose })
    expect(await refusal(broken.text())).toMatchObject({ code: 'egress_failed', detail: { stage: 'body', sent: true } })

    const long = await reachable()
    const cut = await long.outbound.fetch(long.url, { purpose, limits: { response_bytes: 2 } })
    const reader = (cut.body as ReadableStream<Uint8Array>).getReader()
    expect(Buffer.from((await reader.read()).value ?? []).toString()).toBe('he')
    expect(await refusal(reader.read())).toMatchObject({ code: 'egress_truncated', detail: { bytes: 2 } })
  })

  test.each(['signal', 'body'] as const)('closes the connection at once when it is left by its %s', async (way) => {
    const { outbound, url, upstream } = await reachable((_request, response) => void response.write('begun'))
    const abort = new AbortController()
    const answer = await outbound.fetch(url, { purpose }, { signal: abort.signal })
    if (way === 'body') await answer.body?.cancel()
    else {
      const reading = refusal(answer.text())
      abort.abort()
      expect((await reading).code).toBe('cancelled')
    }
    await until('the connection is closed', () => upstream.open() === 0)
  })

  test('is cancelled before the answer, too', async () => {
    const { outbound, url, upstream } = await reachable(() => undefined)
    const abort = new AbortController()
    const asking = refusal(outbound.fetch(url, { purpose }, { signal: abort.signal }))
    await until('it has arrived', () => upstream.requests.length === 1)
    abort.abort()
    expect((await asking).code).toBe('cancelled')
    await until('the connection is closed', () => upstream.open() === 0)
  })

  test('says why nothing left', async () => {
    const { outbound, url, lock, upstream } = await reachable()
    expect((await refusal(outbound.fetch('https://evil.test/', { purpose }))).code).toBe('egress_denied')
    expect((await refusal(outbound.fetch(url, { purpose: 'Not a word' }))).code).toBe('invalid_request')
    lock.ledger.failing = true
    expect((await refusal(outbound.fetch(url, { purpose }))).code).toBe('egress_unrecorded')
    lock.ledger.failing = false
    await lock.turn({ off: true, reason: 'x' })
    expect((await refusal(outbound.fetch(url, { purpose }))).code).toBe('egress_off')
    expect((await outbound.destinations()).latch.off).toBe(true)
    await lock.stop()
    expect((await refusal(outbound.fetch(url, { purpose }))).code).toBe('airlock_unavailable')
    expect(await outbound.state()).toBe('unavailable')
    expect(upstream.requests).toEqual([])
  })
})

test('a tunnel’s environment takes a program to its hosts, until the tunnel is closed', async () => {
  const { outbound, upstream, lock } = await reachable()
  const ca = join(temporaryFolder(), 'ca.pem')
  writeFileSync(ca, upstream.ca)
  const tunnel = await outbound.tunnel({ hosts: [{ host: 'api.test', port: upstream.port }], purpose })
  const env = { PATH: process.env.PATH, ...tunnel.environment(), NODE_EXTRA_CA_CERTS: ca }
  const script = `fetch('https://api.test:${upstream.port}/').then((a) => a.text()).then((t) => process.stdout.write(t), () => process.exit(7))`
  const run = () => promisify(execFile)(process.execPath, ['-e', script], { env, timeout: 120_000 })
  expect((await run()).stdout).toBe('hello')
  await tunnel.close()
  await expect(run()).rejects.toMatchObject({ code: 7 })
  expect(JSON.stringify(lock.ledger.entries)).not.toContain(
    /:([^:@]+)@/.exec(tunnel.environment().HTTPS_PROXY ?? '')?.[1],
  )
})
