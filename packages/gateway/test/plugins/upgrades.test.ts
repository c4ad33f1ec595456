import { until } from '@castellan/testing'
import { expect, test } from 'vitest'
import { startGateway } from '../support/gateway.ts'

/** Connections that the gateway's port has open. */
function connections(gateway: {
  app: { server: { getConnections(tell: (error: Error | null, count: number) => void): void } }
}) {
  return new Promise<number>((resolve, reject) => {
    gateway.app.server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)))
  })
}

test('a handshake that is refused leaves no connection behind, whoever refused it', async () => {
  const gateway = await startGateway()
  const owner = { authorization: `Bearer ${gateway.token}` }
  const refused = [
    { authorization: `Bearer cst_${'A'.repeat(43)}` },
    { ...owner, origin: 'https://evil.example' },
    { ...owner, 'sec-websocket-version': '7' },
  ]
  const statuses: number[] = []
  for (const headers of refused) {
    for (let i = 0; i < 5; i++) statuses.push((await gateway.refusedSocket('/ws', headers)).status)
  }
  expect([...new Set(statuses)]).toEqual([401, 403, 400])
  await until('all are closed', async () => (await connections(gateway)) === 0 || undefined)
})
