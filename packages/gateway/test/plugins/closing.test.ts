import { once } from 'node:events'
import { connect } from 'node:net'
import { until } from '@castellan/testing'
import { expect, test } from 'vitest'
import { startGateway } from '../support/gateway.ts'

test('a connection that never said anything does not hold a stop up', async () => {
  const gateway = await startGateway()
  const socket = connect(gateway.port, '127.0.0.1')
  await once(socket, 'connect')
  const closed = once(socket, 'close')
  // A server that waits for such a connection does so for far longer than a test may take.
  await gateway.app.close()
  await closed
})

test('a request that is under way when the gateway stops is answered, and its connection does not hold the stop up', async () => {
  const gateway = await startGateway()
  gateway.agentd.tools.set('slow_read', {
    run: (_, signal) => new Promise((resolve) => signal.addEventListener('abort', resolve)),
  })
  const asked = fetch(`${gateway.url}/api/v1/calls`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ tool: 'slow_read' }),
  })
  await until('agentd has the call', () => gateway.agentd.calls.length > 0)
  await gateway.app.close()
  expect(await (await asked).json()).toMatchObject({ state: 'refused', error: { code: 'shutting_down' } })
})
