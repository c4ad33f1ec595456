import { until } from '@castellan/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type ChatFrame, createClient } from '../../src/index.ts'
import { ChatLog } from '../support/chat-log.ts'
import { ScriptedGateway } from '../support/gateway.ts'

const TOKEN = `cst_${'a'.repeat(43)}`

async function connect() {
  const gateway = await new ScriptedGateway().start()
  const log = new ChatLog(gateway)
  return { gateway, log, client: createClient({ url: gateway.url, token: TOKEN }) }
}

/** Reads a chat into a list until the signal is aborted. */
function read(frames: AsyncIterable<ChatFrame>): { heard: ChatFrame[]; ended: Promise<unknown> } {
  const heard: ChatFrame[] = []
  const ended = (async () => {
    for await (const frame of frames) heard.push(frame)
  })().catch((error: unknown) => error)
  return { heard, ended }
}

const textOf = (frames: readonly ChatFrame[]) =>
  frames.map((frame) => (frame.type === 'text' ? frame.text : '')).join('')

test('a message is answered with the frames of its turn, and no others', async () => {
  const { gateway, log, client } = await connect()
  log.say({ type: 'text', text: 'from before' })
  gateway.onSocket = () => {
    log.say({ type: 'text', text: 'Good ' })
    log.say({ type: 'text', text: 'day.' })
    log.say({ type: 'done' })
    log.say({ type: 'asked', text: 'what another turn says' })
  }
  const heard: ChatFrame[] = []
  for await (const frame of client.chat().ask('hello')) heard.push(frame)
  expect(textOf(heard)).toBe('Good day.')
  expect(heard.at(-1)?.type).toBe('done')
})

test('the token is in a header in Node, and never in the address', async () => {
  const { gateway, client } = await connect()
  const seen: [string | undefined, string | undefined][] = []
  gateway.onSocket = (_, { headers, url }) => seen.push([headers.authorization, url])
  const stop = new AbortController()
  const { ended } = read(client.chat().follow({ after: 0, signal: stop.signal }))
  await until('there is a socket', () => seen.length > 0)
  stop.abort()
  await ended
  expect(seen).toEqual([[`Bearer ${TOKEN}`, '/ws']])
})

test('a message is said once, even when its answer is lost', async () => {
  const { gateway, log, client } = await connect()
  const answer = gateway.answer
  const keys: unknown[] = []
  gateway.answer = (asked, nth) => {
    if (!asked.url.pathname.endsWith('/messages')) return answer(asked, nth)
    keys.push(asked.headers['idempotency-key'])
    if (keys.length === 1) return 'break'
    return answer(asked, nth)
  }
  gateway.onSocket = () => log.say({ type: 'done' })
  const heard: ChatFrame[] = []
  for await (const frame of client.chat().ask('hello')) heard.push(frame)
  expect(keys).toHaveLength(2)
  expect(keys[0]).toBe(keys[1])
})

test('aborting stops the turn', async () => {
  const { gateway, client } = await connect()
  const stop = new AbortController()
  gateway.onSocket = () => stop.abort(new Error('enough'))
  const { ended } = read(client.chat().ask('hello', { signal: stop.signal }))
  expect(await ended).toMatchObject({ message: 'enough' })
  await until('the gateway was told', () => gateway.asked.some(({ url }) => url.pathname.endsWith('/abort')))
  await until('the socket is closed', () => gateway.sockets.size === 0)
})

test('a credential that ended ends the reading', async () => {
  const { gateway, client } = await connect()
  gateway.onSocket = (socket) => socket.close(4001, 'Signed out.')
  const { ended } = read(client.chat().follow({ after: 0 }))
  expect(await ended).toMatchObject({ code: 'unauthorized', message: 'Signed out.' })
})

test('what a paused client missed is read from the transcript', async () => {
  const { gateway, log, client } = await connect()
  const stop = new AbortController()
  const { heard, ended } = read(client.chat().follow({ after: 0, signal: stop.signal }))
  await until('there is a socket', () => gateway.sockets.size > 0)
  log.say({ type: 'text', text: 'one ' })
  gateway.tell({ type: 'backpressure_pause' })
  log.say({ type: 'text', text: 'two ' }, false)
  log.say({ type: 'text', text: 'three' }, false)
  gateway.tell({ type: 'backpressure_resume', dropped_frames: 2 })
  await until('all was heard', () => textOf(heard) === 'one two three')
  stop.abort()
  await ended
})

test('a chat that was deleted and began anew is a gap', async () => {
  const { gateway, log, client } = await connect()
  for (const text of ['a', 'b', 'c']) log.say({ type: 'asked', text })
  const stop = new AbortController()
  const { heard, ended } = read(client.chat().follow({ after: 3, signal: stop.signal }))
  await until('there is a socket', () => gateway.sockets.size > 0)
  log.frames.length = 0
  log.say({ type: 'asked', text: 'anew' }, false)
  for (const socket of gateway.sockets) socket.terminate()
  await until('the new beginning was heard', () => heard.some((frame) => frame.type === 'asked'))
  expect(heard[0]).toMatchObject({ type: 'gap', chat_id: 'main' })
  stop.abort()
  await ended
})

type Step = 'say' | 'drop' | 'hide' | 'hidden' | 'done'
const steps = fc.array(fc.constantFrom<Step>('say', 'say', 'say', 'drop', 'hidden', 'hide', 'done'), { maxLength: 40 })

test('whatever happens to the socket, every frame is heard once and in order', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (plan) => {
      const { gateway, log, client } = await connect()
      const stop = new AbortController()
      const { heard, ended } = read(client.chat().follow({ after: 0, signal: stop.signal }))
      await until('there is a socket', () => gateway.sockets.size > 0)
      for (const [place, step] of plan.entries()) {
        if (step === 'say') log.say({ type: 'text', text: `${place},` })
        if (step === 'done') log.say({ type: 'done' })
        // Said while the client was paused: it hears of it only that there was something.
        if (step === 'hidden') log.say({ type: 'text', text: `${place},` }, false)
        if (step === 'hide') gateway.tell({ type: 'backpressure_resume', dropped_frames: 1 })
        if (step === 'drop') for (const socket of gateway.sockets) socket.terminate()
      }
      gateway.tell({ type: 'backpressure_resume', dropped_frames: 1 })
      const last = log.frames.length
      await until('all was heard', () => last === 0 || heard.some((frame) => 'seq' in frame && frame.seq === last))
      stop.abort()
      await ended
      expect(textOf(heard)).toBe(textOf(log.frames))
      expect(heard.filter(({ type }) => type === 'done')).toHaveLength(
        log.frames.filter(({ type }) => type === 'done').length,
      )
      const numbers = heard.flatMap((frame) => ('seq' in frame && frame.seq !== undefined ? [frame.seq] : []))
      expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b))
    }),
    { numRuns: 25 },
  )
})
