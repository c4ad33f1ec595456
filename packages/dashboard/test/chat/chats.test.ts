import type { ServerFrame } from '@castellan/contracts'
import { expect, test } from 'vitest'
import { Chats } from '../../src/chat/chats.ts'
import { Line } from '../../src/connection/line.ts'
import { transcriptAfter } from '../support/frames.ts'
import { StandInHost } from '../support/host.ts'

async function openChats() {
  const host = new StandInHost()
  const asked: string[] = []
  const gateway = {
    async transcript(chat: string) {
      asked.push(chat)
      return { ...transcriptAfter([], 0, false), chat_id: chat as never }
    },
  }
  const signer = { sign: () => Promise.reject(new Error('nobody signs here')) }
  const line = new Line(host, () => undefined)
  const chats = new Chats({ gateway, line, host, signer, onSignedOut: () => undefined })
  chats.start()
  line.start()
  host.socket.open()
  await host.settle()
  const hear = (...frames: ServerFrame[]) => {
    for (const frame of frames) host.socket.hear(frame)
    host.passTime(20)
  }
  return { chats, host, asked, hear }
}

const textIn = (chat_id: string, seq: number): ServerFrame => ({ type: 'text', text: 'x', chat_id, seq })

test('each chat hears its own frames, also while another one is looked at, and is asked for by its name', async () => {
  const { chats, host, asked, hear } = await openChats()
  const main = chats.current.value
  const other = chats.show('other')
  await host.settle()
  expect(asked).toEqual(['main', 'other'])
  hear(textIn('other', 1), textIn('main', 1), textIn('elsewhere', 1))
  expect([main.state.value.items.length, other.state.value.items.length]).toEqual([1, 1])
  expect(other.say('hello')).toBe(true)
  other.abort()
  expect(host.socket.sent).toMatchObject([
    { chat_id: 'other', text: 'hello' },
    { type: 'abort', chat_id: 'other' },
  ])
  expect(chats.show('main')).toBe(main)
})

test('that a turn began or ended anywhere is news', async () => {
  const { chats, hear } = await openChats()
  hear({ type: 'asked', text: 'x', chat_id: 'elsewhere', seq: 1 }, textIn('elsewhere', 2))
  expect(chats.news.value).toBe(1)
  hear({ type: 'done', chat_id: 'elsewhere', seq: 3 })
  expect(chats.news.value).toBe(2)
})

test('of many chats those seen last are kept, and every one with a draft or a turn', async () => {
  const { chats, host, hear } = await openChats()
  const drafted = chats.show('drafted')
  drafted.draft.value = 'half a'
  const busy = chats.show('busy')
  await host.settle()
  hear({ type: 'asked', text: 'x', chat_id: 'busy', seq: 1 })
  const plain = chats.show('plain')
  for (let n = 0; n < 12; n += 1) chats.show(`chat-${n}`)
  expect(chats.show('drafted')).toBe(drafted)
  expect(chats.show('busy')).toBe(busy)
  expect(chats.show('plain')).not.toBe(plain)
})

test('a chat that was begun without a name is called after its first message, once', async () => {
  const { chats } = await openChats()
  chats.begun({ chat_id: 'chat-1', title: null })
  chats.begun({ chat_id: 'chat-2', title: 'Birds' })
  expect([chats.takeNameless('chat-1'), chats.takeNameless('chat-1'), chats.takeNameless('chat-2')]).toEqual([
    true,
    false,
    false,
  ])
})

test('a chat that was deleted begins anew', async () => {
  const { chats, hear } = await openChats()
  const before = chats.show('gone')
  hear(textIn('gone', 1))
  chats.forget('gone')
  expect([chats.show('gone') === before, chats.forgotten.value]).toEqual([false, 1])
  expect(chats.current.value.state.value.items).toEqual([])
})
