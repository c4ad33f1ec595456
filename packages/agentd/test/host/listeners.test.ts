import { createServer } from 'node:net'
import { basename } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Accounts } from '../../src/host/accounts.ts'
import { Network } from '../../src/host/network.ts'

test('a listener of Node goes by the name of its program, not of its thread', async () => {
  const server = createServer()
  onTestFinished(() => void server.close())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const listeners = await new Network(new Accounts()).listeners(new AbortController().signal)
  const own = listeners.find((listener) => listener.port === port)
  expect(own).toMatchObject({ pid: process.pid, process: basename(process.execPath) })
})
