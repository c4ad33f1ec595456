import { join } from 'node:path'
import { DestinationChange, LatchChange, MarksTaken } from '@castellan/contracts'
import { UnixClient } from '@castellan/daemon'
import { expect, onTestFinished, test } from 'vitest'
import { airlock, refusal } from '../support/airlock.ts'
import { startUpstream } from '../support/upstream.ts'

async function contained() {
  const upstream = await startUpstream(['api.test'])
  const lock = await airlock({ zone: { 'api.test': ['127.0.0.1'] } })
  await lock.allow({ host: 'api.test', port: upstream.port, ca: upstream.ca, reach: 'loopback' })
  const socketPath = join(lock.folder, 'sockets', 'airlock-agentd.sock')
  const agentd = new UnixClient({ socketPath, peer: 'airlock', unavailable: 'airlock_unavailable' })
  onTestFinished(() => agentd.close())
  return { upstream, lock, agentd, url: `https://api.test:${upstream.port}/` }
}

test('agentd shuts the airlock in an incident; it stays shut over a restart, and only the operator opens it', async () => {
  const { lock, agentd, url } = await contained()
  const body = { reason: 'incident inc_1: forbidden_egress' }
  const shut = await agentd.request('POST', '/v1/containment', { body, schema: LatchChange })
  expect(shut.latch).toMatchObject({ off: true, reason: body.reason })
  expect((await refusal(lock.fetch(url))).code).toBe('egress_off')
  expect(lock.ledger.of('egress_shut')).toMatchObject([{ reason: body.reason }])

  const open = { body: { off: false }, schema: LatchChange }
  for (const socket of [agentd, lock.gateway]) {
    expect((await refusal(socket.request('POST', '/v1/latch', open))).code).toBe('not_found')
  }
  const unsaid = agentd.request('POST', '/v1/containment', { body: { reason: 'x', off: false }, schema: LatchChange })
  expect((await refusal(unsaid)).code).toBe('invalid_request')
  const gateway = lock.gateway.request('POST', '/v1/containment', { body, schema: LatchChange })
  expect((await refusal(gateway)).code).toBe('not_found')

  await lock.stop()
  const again = await airlock({ folder: lock.folder, ledger: lock.ledger, zone: { 'api.test': ['127.0.0.1'] } })
  expect((await again.listing()).latch).toMatchObject({ off: true })
  await again.turn({ off: false })
  expect((await again.fetch(url)).text).toBe('hello')
})

test('agentd allows nothing, and its requests carry no credentials but those that the owner granted', async () => {
  const { upstream, lock, agentd, url } = await contained()
  const allow = agentd.request('POST', '/v1/destinations', { body: { host: 'evil.test' }, schema: DestinationChange })
  expect((await refusal(allow)).code).toBe('method_not_allowed')
  const body = {
    url,
    purpose: 'tool.web_fetch',
    headers: { authorization: 'Bearer local-key-1234567890', accept: '*/*' },
  }
  const answer = await agentd.open('POST', '/v1/fetch', { body })
  for await (const _piece of answer.body);
  expect(upstream.requests[0]?.headers.authorization).toBeUndefined()
  expect(lock.ledger.of('egress_request')).toMatchObject([{ purpose: 'tool.web_fetch' }])
})

test('agentd plants canaries of its own and cannot touch the gateway’s marks', async () => {
  const { agentd, lock } = await contained()
  const mark = { size: 24, near: 7, hash: 'a'.repeat(64) }
  const put = { body: { marks: [mark] }, schema: MarksTaken }
  expect(await agentd.request('PUT', '/v1/marks', put)).toEqual({ marks: 1 })
  expect(await lock.gateway.request('PUT', '/v1/marks', { body: { marks: [] }, schema: MarksTaken })).toEqual({
    marks: 0,
  })
})
