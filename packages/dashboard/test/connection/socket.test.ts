import { expect, test } from 'vitest'
import { backoff } from '../../src/connection/backoff.ts'
import { ChatConnection, type ConnectionState } from '../../src/connection/socket.ts'
import { StandInHost } from '../support/host.ts'

function connect() {
  const host = new StandInHost()
  const states: ConnectionState[] = []
  const connection = new ChatConnection(host, { state: (state) => states.push(state), frame: () => {} })
  connection.start()
  return { host, connection, kinds: () => states.map(({ kind }) => kind), last: () => states.at(-1) }
}

test('a lost connection comes back by itself, later each time', async () => {
  const { host, kinds, last } = connect()
  host.socket.open()
  host.socket.close(1006)
  await host.settle()
  expect(last()).toEqual({ kind: 'waiting', retryAt: 500, failures: 1 })
  host.passTime(500)
  await host.settle()
  expect(host.sockets).toHaveLength(2)
  host.socket.close(1006)
  await host.settle()
  expect(last()).toEqual({ kind: 'waiting', retryAt: 1500, failures: 2 })
  expect(kinds()).toEqual(['connecting', 'open', 'waiting', 'connecting', 'waiting'])
})

test('a socket that opens makes the next wait short again', async () => {
  const { host, last } = connect()
  for (let failures = 0; failures < 3; failures += 1) {
    host.socket.close(1006)
    await host.settle()
    host.passTime(20_000)
    await host.settle()
  }
  host.socket.open()
  host.socket.close(1006)
  await host.settle()
  expect(last()).toMatchObject({ kind: 'waiting', failures: 1 })
})

test('waking connects at once, and the old timer does not connect again', async () => {
  const { host, connection } = connect()
  host.socket.close(1006)
  await host.settle()
  connection.wake()
  host.passTime(20_000)
  await host.settle()
  expect(host.sockets).toHaveLength(2)
})

test('a socket closed for idleness sleeps until someone is here', async () => {
  const { host, connection, last } = connect()
  host.socket.open()
  host.socket.close(4003)
  host.passTime(60_000)
  await host.settle()
  expect(last()).toEqual({ kind: 'asleep' })
  expect(host.sockets).toHaveLength(1)
  connection.wake()
  expect(host.sockets).toHaveLength(2)
})

test('being signed out ends it, whether the gateway says so or the next attempt finds out', async () => {
  const told = connect()
  told.host.socket.close(4001)
  await told.host.settle()
  expect(told.last()).toEqual({ kind: 'signed-out' })

  const found = connect()
  found.host.signedIn = false
  found.host.socket.close(1006)
  await found.host.settle()
  found.host.passTime(1000)
  await found.host.settle()
  expect(found.last()).toEqual({ kind: 'signed-out' })
  expect(found.host.sockets).toHaveLength(1)
})

test('nothing is sent, and nothing kept, while there is no open socket', () => {
  const { host, connection } = connect()
  expect(connection.send({ type: 'abort' })).toBe(false)
  host.socket.open()
  expect(connection.send({ type: 'abort' })).toBe(true)
  expect(host.socket.sent).toEqual([{ type: 'abort' }])
})

test('stopping closes the socket and asks for no other', async () => {
  const { host, connection } = connect()
  host.socket.open()
  connection.stop()
  host.passTime(60_000)
  await host.settle()
  expect(host.socket.closed).toBe(true)
  expect(host.sockets).toHaveLength(1)
})

test('the wait doubles up to 15 seconds, spread by a fifth', () => {
  expect([0, 1, 2, 3, 4, 5, 60].map((failures) => backoff(failures, () => 0.5))).toEqual([
    500, 1000, 2000, 4000, 8000, 15_000, 15_000,
  ])
  expect(backoff(0, () => 0)).toBe(400)
  expect(backoff(0, () => 1)).toBe(600)
})
