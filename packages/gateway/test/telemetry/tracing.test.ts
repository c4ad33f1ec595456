import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { temporaryFolder, until } from '@castellan/testing'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { readCollector } from '../../src/telemetry/collector.ts'
import { childOf, readTraceparent, traceparentOf } from '../../src/telemetry/trace-context.ts'
import { request } from '../support/api.ts'
import { startGateway } from '../support/gateway.ts'

/** ExportTraceServiceRequest of opentelemetry-proto, as far as the gateway fills it. */
const Value = z.union([
  z.strictObject({ stringValue: z.string() }),
  z.strictObject({ boolValue: z.boolean() }),
  z.strictObject({ intValue: z.string().regex(/^-?\d+$/) }),
  z.strictObject({ doubleValue: z.number() }),
])
const Attribute = z.strictObject({ key: z.string(), value: Value })
const Span = z.strictObject({
  traceId: z.string().regex(/^[0-9a-f]{32}$/),
  spanId: z.string().regex(/^[0-9a-f]{16}$/),
  parentSpanId: z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .optional(),
  name: z.string(),
  kind: z.int().min(1).max(5),
  startTimeUnixNano: z.string().regex(/^\d{19}$/),
  endTimeUnixNano: z.string().regex(/^\d{19}$/),
  attributes: z.array(Attribute),
  status: z.strictObject({ code: z.int().min(0).max(2) }),
})
type Span = z.infer<typeof Span>
const Export = z.strictObject({
  resourceSpans: z.array(
    z.strictObject({
      resource: z.strictObject({ attributes: z.array(Attribute) }),
      scopeSpans: z.array(z.strictObject({ scope: z.strictObject({ name: z.string() }), spans: z.array(Span) })),
    }),
  ),
})

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const PARENT = 'b7ad6b7169203331'
const TRACEPARENT = `00-${TRACE}-${PARENT}-01`

test('a chat is traced from the client’s traceparent to the tool call, and agentd is told of it', async () => {
  const collector = await startCollector()
  const gateway = await startGateway({ config: { tracing: { collector: collector.address, sampleRatio: 1 } } })
  const headers = { authorization: `Bearer ${gateway.token}`, traceparent: TRACEPARENT }
  const socket = await gateway.connect({ headers })
  await socket.ask('/call disk_usage {}')
  await gateway.stop()
  const handshake = collector.named('GET /ws')
  const turn = collector.named('chat turn')
  const call = collector.named('tool call')
  expect([handshake, turn, call].map((span) => span.traceId)).toEqual([TRACE, TRACE, TRACE])
  expect(handshake.parentSpanId).toBe(PARENT)
  expect(turn.parentSpanId).toBe(handshake.spanId)
  expect(call.parentSpanId).toBe(turn.spanId)
  expect(call.attributes).toEqual([{ key: 'castellan.tool', value: { stringValue: 'disk_usage' } }])
  expect(gateway.agentd.traceparents).toContain(`00-${TRACE}-${call.spanId}-01`)
  const run = collector.named('tool run')
  expect([run.traceId, run.parentSpanId]).toEqual([TRACE, call.spanId])
  expect(run.attributes.map(({ key }) => key)).toEqual(['castellan.tool', 'castellan.ledger_index'])
  expect(collector.serviceOf('tool run')).toBe('castellan-agentd')
  expect(collector.serviceOf('tool call')).toBe('castellan-gateway')
})

test('a request is a span of its own trace where it names none, and a failed one says so', async () => {
  const collector = await startCollector()
  const gateway = await startGateway({ config: { tracing: { collector: collector.address, sampleRatio: 1 } } })
  await request(gateway, '/api/v1/agents', { headers: { traceparent: 'nonsense' } })
  await gateway.stop()
  const span = collector.named('GET /api/v1/agents')
  expect(span).toMatchObject({ kind: 2, status: { code: 0 } })
  expect(span.parentSpanId).toBeUndefined()
  expect(span.traceId).not.toBe(TRACE)
  expect(BigInt(span.endTimeUnixNano)).toBeGreaterThan(BigInt(span.startTimeUnixNano))
  const facts = new Map(span.attributes.map(({ key, value }) => [key, Object.values(value)[0]]))
  expect(facts.get('http.response.status_code')).toBe('200')
  expect(facts.get('castellan.operation')).toBe('listAgents')
})

test('no trace holds anything that was said, asked for or answered', async () => {
  const collector = await startCollector()
  const gateway = await startGateway({ config: { tracing: { collector: collector.address, sampleRatio: 1 } } })
  const socket = await gateway.connect()
  gateway.agentd.tools.set('disk_usage', { run: () => ({ text: 'planted in a result' }) })
  await socket.ask('/call disk_usage {"text":"planted in an argument"}', 'planted-chat')
  await socket.ask('planted in a question')
  await request(gateway, '/api/v1/agents?planted=in-a-query', { headers: { 'x-request-id': 'planted-id' } })
  await request(gateway, '/api/v1/tokens', { body: { name: 'planted name', scopes: ['read'] } })
  await request(gateway, '/planted-path')
  await gateway.stop()
  expect(collector.spans.length).toBeGreaterThan(4)
  const all = JSON.stringify(collector.bodies)
  expect(all).not.toContain('planted')
  expect(all).not.toContain('cst_')
})

test('a trace that nobody keeps is passed on and not sent', async () => {
  const collector = await startCollector()
  const gateway = await startGateway({ config: { tracing: { collector: collector.address, sampleRatio: 0 } } })
  const kept = { headers: { authorization: `Bearer ${gateway.token}`, traceparent: TRACEPARENT } }
  const other = { headers: { ...kept.headers, traceparent: TRACEPARENT.replace(/01$/, '00') } }
  await (await gateway.connect(other)).ask('/call disk_usage {}')
  await request(gateway, '/api/v1/agents')
  await (await gateway.connect(kept)).ask('/call disk_usage {}')
  await gateway.stop()
  expect(gateway.agentd.traceparents.some((text) => text.startsWith(`00-${TRACE}-`) && text.endsWith('-00'))).toBe(true)
  expect(collector.spans.filter(({ name }) => name === 'tool call')).toHaveLength(1)
  expect(collector.spans.filter(({ name }) => name === 'GET /api/v1/agents')).toHaveLength(0)
})

test('nothing waits for a collector that is away, slow or refuses', async () => {
  const socketPath = join(temporaryFolder(), 'nobody.sock')
  const gateway = await startGateway({ config: { tracing: { collector: `unix:${socketPath}`, sampleRatio: 1 } } })
  for (let count = 0; count < 300; count++) expect((await gateway.ask('/health')).status).toBe(200)
  await gateway.stop()
})

test('traces go to a Unix socket as well', async () => {
  const collector = await startCollector(join(temporaryFolder(), 'otel.sock'))
  const gateway = await startGateway({ config: { tracing: { collector: collector.address, sampleRatio: 1 } } })
  await gateway.ask('/health')
  await until('the span has come', () => collector.spans.find(({ name }) => name === 'GET /health'))
})

test('without a collector nothing is traced, and agentd hears of no trace', async () => {
  const gateway = await startGateway()
  const socket = await gateway.connect({
    headers: { authorization: `Bearer ${gateway.token}`, traceparent: TRACEPARENT },
  })
  await socket.ask('/call disk_usage {}')
  expect(gateway.agentd.traceparents).toEqual([])
})

test('a collector is on this machine, or it is none', () => {
  for (const place of [
    'http://127.0.0.1:4318',
    'http://localhost:4318/',
    'http://[::1]:4318/v1/traces',
    'unix:/run/otel.sock',
  ]) {
    expect(readCollector(place)).toBeDefined()
  }
  const elsewhere = [
    'https://127.0.0.1:4318',
    'http://127.0.0.1.evil.example',
    'http://10.0.0.1:4318',
    'http://a@127.0.0.1',
    'unix:x',
    '',
    'http://[::ffff:10.0.0.1]:4318',
    'file:///x',
  ]
  for (const place of elsewhere) expect([place, readCollector(place)]).toEqual([place, undefined])
})

test('traceparents are read as W3C has them, and nothing else is one', () => {
  expect(readTraceparent(TRACEPARENT)).toEqual({ traceId: TRACE, spanId: PARENT, sampled: true })
  expect(readTraceparent(`cc-${TRACE}-${PARENT}-01-what-will-be`)).toBeDefined()
  const none = [`00-${TRACE}-${PARENT}-01-x`, `ff-${TRACE}-${PARENT}-01`, `00-${'0'.repeat(32)}-${PARENT}-01`]
  for (const text of [
    ...none,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    TRACEPARENT.toUpperCase(),
    ` ${TRACEPARENT}`,
    '',
    undefined,
  ]) {
    expect(readTraceparent(text)).toBeUndefined()
  }
  fc.assert(fc.property(fc.string(), (text) => readTraceparent(text) === undefined))
  fc.assert(
    fc.property(fc.boolean(), (sampled) => {
      const child = childOf({ traceId: TRACE, spanId: PARENT, sampled }, 0)
      expect(readTraceparent(traceparentOf(child))).toEqual(child)
      expect(child).toMatchObject({ traceId: TRACE, sampled })
    }),
  )
})

/** Takes OTLP/HTTP with JSON on a real socket, and holds every request to the form. */
async function startCollector(socketPath?: string) {
  const bodies: unknown[] = []
  const spans: Span[] = []
  const services = new Map<string, string>()
  const server = createServer((message, response) => {
    void json(message).then((body) => {
      bodies.push(body)
      const { resourceSpans } = Export.parse(body)
      for (const { resource, scopeSpans } of resourceSpans) {
        const own = scopeSpans.flatMap((scope) => scope.spans)
        spans.push(...own)
        const service = resource.attributes.find(({ key }) => key === 'service.name')?.value
        for (const { name } of own) services.set(name, JSON.stringify(service))
      }
      response.writeHead(message.url === '/v1/traces' ? 200 : 404, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>((resolve) => {
    if (socketPath === undefined) server.listen(0, '127.0.0.1', resolve)
    else server.listen(socketPath, resolve)
  })
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address =
    socketPath === undefined ? `http://127.0.0.1:${(server.address() as AddressInfo).port}` : `unix:${socketPath}`
  const named = (name: string): Span => {
    const span = spans.find((other) => other.name === name)
    if (span === undefined) throw new Error(`no span ${name} among ${spans.map((other) => other.name).join(', ')}`)
    return span
  }
  const serviceOf = (name: string) => (JSON.parse(services.get(name) ?? '{}') as { stringValue?: string }).stringValue
  return { address, bodies, spans, named, serviceOf }
}
