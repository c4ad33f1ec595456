import { until } from '@castellan/testing'
import { expect, test } from 'vitest'
import { makeToken, request } from '../support/api.ts'
import { say, stop } from '../support/engine.ts'
import { followEvents } from '../support/events.ts'
import { startGateway } from '../support/gateway.ts'

test('a stream replays what was said, then goes on live, and is gone on with from any event', async () => {
  const gateway = await startGateway()
  gateway.engine.answer = () => say('All ', 'is ', 'well.')
  const client = await gateway.connect()
  await client.ask('how?')
  const stream = await followEvents(gateway, 'main')
  await stream.hears('done')
  expect(stream.events.map(({ id, frame }) => [id, frame.type])).toEqual([
    [1, 'asked'],
    [4, 'text'],
    [5, 'done'],
  ])
  await client.ask('and now?')
  await stream.hears('done', 5)
  const text = stream.events.map(({ frame }) => (frame.type === 'text' ? frame.text : '')).join('')
  expect(text).toBe('All is well.All is well.')
  expect(stream.events.some(({ id, frame }) => id === null && frame.type === 'status')).toBe(true)

  const later = await followEvents(gateway, 'main', { 'last-event-id': '2' })
  await later.hears('done')
  expect(later.events[0]).toMatchObject({ id: 4, frame: { type: 'text', text: 'is well.' } })
})

test('over a restart a stream goes on where it was, and misses nothing', async () => {
  const first = await startGateway()
  first.engine.answer = () => say('One.')
  const stream = await followEvents(first, 'main')
  const client = await first.connect()
  await client.ask('first')
  const { id } = await stream.hears('done')
  await client.ask('second')
  await first.stop()
  await until('the stream has ended', () => stream.ended)
  const second = await startGateway({ folder: first.folder })
  const again = await followEvents(second, 'main', { 'last-event-id': String(id) })
  await again.hears('done', id ?? 0)
  expect(again.events.map(({ frame }) => frame.type)).toEqual(['asked', 'text', 'done'])
})

test('a reader that stops reading holds up nobody, costs no memory, and gets all of it in the end', async () => {
  const gateway = await startGateway()
  const piece = 'x'.repeat(1000)
  gateway.engine.answer = async function* () {
    for (let at = 0; at < 3000; at++) {
      if (at % 100 === 0) await new Promise((resolve) => setImmediate(resolve))
      yield { type: 'text', text: `${at} ${piece}` }
    }
    yield stop
  }
  const { request: httpRequest } = await import('node:http')
  let body = ''
  let paused: import('node:http').IncomingMessage | undefined
  const slow = httpRequest({
    ...{ host: '127.0.0.1', port: gateway.port, path: '/api/v1/chats/main/events' },
    headers: { authorization: `Bearer ${gateway.token}` },
  })
  slow.on('response', (response) => {
    paused = response
    response.pause()
  })
  slow.end()
  await until('the stream is open', () => paused)
  const client = await gateway.connect()
  await client.ask('tell me a lot')
  paused?.setEncoding('utf8').on('data', (data: string) => {
    body += data
  })
  paused?.resume()
  await until('all of it came', () => body.includes('event: done'))
  slow.destroy()
  const said = [...body.matchAll(/^data: (.*)$/gm)].map(
    ([, data]) => JSON.parse(data ?? '') as { text?: string; type: string },
  )
  const text = said.map((frame) => (frame.type === 'text' ? frame.text : '')).join('')
  expect(text.match(/\d+ x/g)).toHaveLength(3000)
})

test('a number that is none is refused, and so is the seventeenth stream of a credential', async () => {
  const gateway = await startGateway()
  const headers = { 'last-event-id': 'last' }
  expect((await request(gateway, '/api/v1/chats/main/events', { headers })).json.code).toBe('invalid_request')
  const streams = await Promise.all(Array.from({ length: 16 }, () => followEvents(gateway, 'main')))
  expect(streams.map(({ status }) => status)).toEqual(Array.from({ length: 16 }, () => 200))
  expect((await request(gateway, '/api/v1/chats/main/events')).json.code).toBe('too_many_sessions')
  streams[0]?.leave()
  await until('there is room again', async () => {
    const again = await followEvents(gateway, 'main')
    if (again.status === 200) return true
    again.leave()
    return false
  })
})

test('a stream ends with the token that opened it, and with the chat it follows', async () => {
  const gateway = await startGateway()
  const { secret, id } = await makeToken(gateway, { scopes: ['chat'] })
  await (await gateway.connect()).ask('/help')
  const mine = await followEvents(gateway, 'main')
  const theirs = await followEvents(gateway, 'main', { authorization: `Bearer ${secret}` })
  await request(gateway, `/api/v1/tokens/${id}`, { method: 'DELETE' })
  await until('the stream has ended', () => theirs.ended)
  expect(mine.ended).toBe(false)
  await request(gateway, '/api/v1/chats/main', { method: 'DELETE' })
  await until('the other stream has ended', () => mine.ended)
})
