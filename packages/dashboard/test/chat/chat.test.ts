import type { ClientFrame, ServerFrame, Transcript } from '@castellan/contracts'
import { describe, expect, test } from 'vitest'
import { Chat } from '../../src/chat/chat.ts'
import type { ToolItem } from '../../src/chat/state.ts'
import { RequestError } from '../../src/connection/http.ts'
import { Line } from '../../src/connection/line.ts'
import { approvalFrame, call, numbered, transcriptAfter } from '../support/frames.ts'
import { StandInHost } from '../support/host.ts'

const quiet = transcriptAfter([], 0, false)

/** A chat on a stand-in socket; `answers` are what the transcript says, in order, the last one from then on. */
function startChat(answers: (Transcript | Error)[] = [quiet], sign?: () => Promise<never>) {
  const host = new StandInHost()
  const asked: number[] = []
  let signedOut = false
  const gateway = {
    async transcript(_chat: string, after: number) {
      asked.push(after)
      const answer = answers.length > 1 ? answers.shift() : answers[0]
      if (answer instanceof Error) throw answer
      return answer as Transcript
    },
  }
  const signer = { sign: sign ?? (async () => ({ key_id: 'opk_12345678' as never, signature: 'c2ln' })) }
  const onSignedOut = () => {
    signedOut = true
  }
  const line = new Line(host, onSignedOut)
  const chat = new Chat({ gateway, line, host, signer, onSignedOut })
  chat.start()
  line.start()
  const hear = (...frames: ServerFrame[]) => {
    for (const frame of frames) host.socket.hear(frame)
    host.passTime(20)
  }
  return { chat, line, host, asked, hear, isSignedOut: () => signedOut }
}

const opened = async (setup: ReturnType<typeof startChat>) => {
  setup.host.socket.open()
  await setup.host.settle()
  return setup
}

test('nothing is said before the transcript was read', async () => {
  const { chat, host } = startChat()
  expect(chat.say('early')).toBe(false)
  host.socket.open()
  expect(chat.say('early')).toBe(false)
  await host.settle()
  expect(chat.say('  now  ')).toBe(true)
  expect(host.socket.sent).toEqual([{ type: 'chat', text: 'now', chat_id: 'main' }])
})

test('nothing more is said while a turn runs, and abort stops it', async () => {
  const { chat, host } = await opened(startChat())
  chat.abort()
  chat.say('one')
  expect(chat.say('two')).toBe(false)
  chat.abort()
  expect(host.socket.sent.map(({ type }: ClientFrame) => type)).toEqual(['chat', 'abort'])
})

test('frames that came before the transcript are shown after it, none twice', async () => {
  const frames = numbered([
    { type: 'asked', text: 'x' },
    { type: 'text', text: 'one ' },
    { type: 'text', text: 'two ' },
    { type: 'text', text: 'three' },
    { type: 'done' },
  ])
  const { chat, host, hear } = startChat([transcriptAfter(frames.slice(0, 3), 0, true)])
  host.socket.open()
  hear(...frames.slice(2))
  await host.settle()
  expect(chat.state.value.items).toMatchObject([{ text: 'x' }, { text: 'one two three', streaming: false }])
})

test('a hole in the numbers is filled from the transcript', async () => {
  const frames = numbered([
    { type: 'asked', text: 'x' },
    { type: 'text', text: 'lost and ' },
    { type: 'text', text: 'found' },
  ])
  const { chat, host, asked, hear } = await opened(startChat([quiet, transcriptAfter(frames, 1, true)]))
  hear(frames[0] as ServerFrame, frames[2] as ServerFrame)
  await host.settle()
  expect(asked).toEqual([0, 1])
  expect(chat.state.value.items).toMatchObject([{ text: 'x' }, { text: 'lost and found' }])
})

test('frames dropped under back pressure are fetched when it ends', async () => {
  const frames = numbered([
    { type: 'asked', text: 'x' },
    { type: 'text', text: 'whole' },
  ])
  const { chat, host, hear } = await opened(startChat([quiet, transcriptAfter(frames, 0, true)]))
  hear({ type: 'backpressure_pause' })
  expect(chat.state.value.paused).toBe(true)
  hear({ type: 'backpressure_resume', dropped_frames: 2 })
  await host.settle()
  expect(chat.state.value.paused).toBe(false)
  expect(chat.state.value.items).toMatchObject([{ text: 'x' }, { text: 'whole' }])
})

test('after a loss the rest is fetched from where it stopped', async () => {
  const frames = numbered([
    { type: 'asked', text: 'x' },
    { type: 'text', text: 'a' },
    { type: 'text', text: 'b' },
    { type: 'done' },
  ])
  const { chat, host, asked, hear } = await opened(startChat([quiet, transcriptAfter(frames, 2, false)]))
  hear(...frames.slice(0, 2))
  host.socket.close(1006)
  await host.settle()
  host.passTime(20_000)
  await host.settle()
  host.socket.open()
  await host.settle()
  expect(asked).toEqual([0, 2])
  expect(chat.state.value.items).toMatchObject([{ text: 'x' }, { text: 'ab', streaming: false }])
  expect(chat.hears('hello')).toBe(true)
})

test('a gateway that was restarted is asked for everything it has', async () => {
  const old = numbered([{ type: 'asked', text: 'x' }, { type: 'done' }, { type: 'asked', text: 'y' }, { type: 'done' }])
  const fresh = numbered([{ type: 'asked', text: 'z' }, { type: 'done' }])
  const { chat, line, host, asked } = await opened(
    startChat([transcriptAfter(old, 0, false), transcriptAfter(fresh, 4, false), transcriptAfter(fresh, 0, false)]),
  )
  host.socket.close(1001)
  line.wake()
  host.socket.open()
  await host.settle()
  expect(asked).toEqual([0, 4, 0])
  expect(chat.state.value.items.map(({ kind }) => kind)).toEqual(['asked', 'asked', 'ended', 'asked'])
})

test('a transcript that cannot be read is asked for again while the socket is open', async () => {
  const { chat, host, asked } = await opened(startChat([new RequestError('unreachable', ''), quiet]))
  expect(chat.loaded.value).toBe(false)
  host.passTime(1000)
  await host.settle()
  expect(asked).toEqual([0, 0])
  expect(chat.loaded.value).toBe(true)
})

test('a transcript that is refused ends the session', async () => {
  const { isSignedOut } = await opened(startChat([new RequestError('unauthorized', 'Sign in.')]))
  expect(isSignedOut()).toBe(true)
})

describe('an answer to an approval', () => {
  const asking = numbered([
    { type: 'tool_use', call_id: call('w'), name: 'file_write', args: { path: 'a' } },
    approvalFrame('w', { path: 'a' }),
  ])
  const tool = (chat: Chat) => chat.state.value.items[0] as ToolItem

  test('is sent once, with its signature', async () => {
    const { chat, host, hear } = await opened(startChat())
    hear(...asking)
    await Promise.all([chat.decide(tool(chat), 'approve'), chat.decide(tool(chat), 'approve')])
    await chat.decide(tool(chat), 'deny')
    const { approval_id } = approvalFrame('w')
    expect(host.socket.sent).toEqual([{ type: 'approve', approval_id, key_id: 'opk_12345678', signature: 'c2ln' }])
  })

  test('that could not be signed leaves the question open', async () => {
    const refuse = () => Promise.reject(new Error('no key'))
    const { chat, host, hear } = await opened(startChat([quiet], refuse))
    hear(...asking)
    await expect(chat.decide(tool(chat), 'approve')).rejects.toThrow('no key')
    expect(tool(chat).approval?.answered).toBeNull()
    expect(host.socket.sent).toEqual([])
  })
})
