import { expect, test } from 'vitest'
import { makeToken, request } from '../support/api.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'

const ON = { config: { metrics: { enabled: true } } }

test('without configuration there are no metrics', async () => {
  const gateway = await startGateway()
  expect((await request(gateway, '/metrics')).status).toBe(404)
})

test('metrics are for whoever may read, in a form that Prometheus takes', async () => {
  const gateway = await startGateway(ON)
  expect((await request(gateway, '/metrics', { token: null })).status).toBe(401)
  const { secret } = await makeToken(gateway)
  const answer = await request(gateway, '/metrics', { token: secret })
  expect(answer.headers['content-type']).toContain('text/plain; version=0.0.4')
  for (const line of answer.text.split('\n').filter((text) => text !== '')) {
    expect(line).toMatch(
      /^(# (HELP|TYPE) [a-z_:][a-z0-9_:]* .+|[a-z_:][a-z0-9_:]*(\{[^{}]*\})? (NaN|[+-]?(Inf|[0-9.e+-]+)))$/i,
    )
  }
})

test('requests, refusals, sockets and calls are counted', async () => {
  const gateway = await startGateway(ON)
  const socket = await gateway.connect()
  await request(gateway, '/api/v1/agents')
  await request(gateway, '/api/v1/agents', { token: `cst_${'A'.repeat(43)}` })
  await socket.ask('/call disk_usage {}')
  const seen = await scrape(gateway)
  expect(seen.get('castellan_http_requests_total{method="GET",route="/api/v1/agents",status="200"}')).toBe(1)
  expect(seen.get('castellan_http_requests_total{method="GET",route="/api/v1/agents",status="401"}')).toBe(1)
  expect(seen.get('castellan_refusals_total{code="unauthorized"}')).toBe(1)
  expect(seen.get('castellan_tool_calls_total{result="done"}')).toBe(1)
  expect(seen.get('castellan_chat_sockets')).toBe(1)
  expect(seen.get('castellan_chat_turns')).toBe(0)
})

test('nothing that somebody sends becomes a label', async () => {
  const gateway = await startGateway(ON)
  const socket = await gateway.connect()
  for (let count = 0; count < 30; count++) {
    const planted = `planted${count}`
    await request(gateway, `/${planted}?${planted}=1`)
    await request(gateway, `/api/v1/tokens/${planted}`, { headers: { 'x-request-id': planted } })
    await gateway.ask('/api/v1/agents', { method: 'PROPFIND', headers: { authorization: `Bearer ${planted}` } })
  }
  await socket.ask('/call planted_tool {"text":"planted"}')
  const { text } = await request(gateway, '/metrics')
  expect(text).not.toContain('planted')
  expect(text).not.toContain('cst_')
  expect(text.length).toBeLessThan(60_000)
})

async function scrape(gateway: TestGateway): Promise<Map<string, number>> {
  const { text } = await request(gateway, '/metrics')
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ')
      return [line.slice(0, at), Number(line.slice(at + 1))] as const
    }),
  )
}
