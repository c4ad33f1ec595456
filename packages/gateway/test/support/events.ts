import { request as httpRequest } from 'node:http'
import { ServerFrame } from '@castellan/contracts'
import { until } from '@castellan/testing'
import { onTestFinished } from 'vitest'
import type { TestGateway } from './gateway.ts'

export interface HeardEvent {
  readonly id: number | null
  readonly frame: ServerFrame
}

/** Follows a chat's events as a program would, on a real connection. Every frame has to fit the contract. */
export async function followEvents(gateway: TestGateway, chat: string, headers: Record<string, string> = {}) {
  const events: HeardEvent[] = []
  let ended = false
  let status = 0
  let rest = ''
  const request = httpRequest({
    ...{ host: '127.0.0.1', port: gateway.port, path: `/api/v1/chats/${chat}/events` },
    headers: { authorization: `Bearer ${gateway.token}`, ...headers },
  })
  request.on('response', (response) => {
    status = response.statusCode ?? 0
    response.setEncoding('utf8').on('data', (piece: string) => {
      rest += piece
      const whole = rest.split('\n\n')
      rest = whole.pop() ?? ''
      for (const text of whole) {
        const event = eventOf(text)
        if (event !== null) events.push(event)
      }
    })
    response.on('close', () => {
      ended = true
    })
  })
  request.on('error', () => {
    ended = true
  })
  request.end()
  onTestFinished(() => void request.destroy())
  await until('the stream is open', () => status > 0)
  return {
    events,
    status,
    get ended() {
      return ended
    },
    leave: () => request.destroy(),
    hears: (type: ServerFrame['type'], after = 0) =>
      until(`an event ${type}`, () => events.find(({ id, frame }) => frame.type === type && (id ?? 1) > after)),
  }
}

function eventOf(text: string): HeardEvent | null {
  const lines = text.split('\n')
  const field = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2)
  const data = field('data')
  if (data === undefined) return null
  const frame = ServerFrame.parse(JSON.parse(data))
  if (field('event') !== frame.type) throw new Error(`an event ${field('event')} with a frame ${frame.type}`)
  return { id: field('id') === undefined ? null : Number(field('id')), frame }
}
