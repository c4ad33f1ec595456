import type { Transcript } from '@castellan/contracts'
import { until } from '@castellan/testing'
import { expect, test } from 'vitest'
import { typesOf } from '../support/client.ts'
import { say } from '../support/engine.ts'
import { startGateway } from '../support/gateway.ts'

// 16 MiB of words go through the disk.
const ALL_WORDS_MS = 150_000

test('a client that reads too slowly is paused, told how many frames it missed, and can fetch them', {
  timeout: 300_000,
}, async () => {
  const gateway = await startGateway()
  const piece = 'x'.repeat(16 * 1024)
  const long = Array.from({ length: 1024 }, () => piece)
  gateway.engine.answer = () => say(...long)

  const quick = await gateway.connect()
  const slow = await gateway.connect()
  slow.socket.pause()
  quick.send({ type: 'chat', text: 'talk' })
  await until('the turn is over', () => quick.frames.some(({ type }) => type === 'done'), ALL_WORDS_MS)
  slow.socket.resume()

  const { dropped_frames } = await slow.hears('backpressure_resume')
  const pause = typesOf(slow.frames).indexOf('backpressure_pause')
  expect(typesOf(slow.frames)[pause + 1]).toBe('backpressure_resume')
  expect(dropped_frames).toBeGreaterThan(0)

  // Heard and dropped add up: nothing is lost silently.
  const heard = slow.frames.filter((frame) => 'seq' in frame)
  expect(heard.length + dropped_frames).toBe(1026)

  const lastSeen = Math.max(...slow.frames.slice(0, pause).map((frame) => ('seq' in frame ? (frame.seq ?? 0) : 0)))
  const authorization = `Bearer ${gateway.token}`
  const missed = await gateway.ask(`/api/v1/chats/main/transcript?after=${lastSeen}`, { headers: { authorization } })
  const { entries, forgotten, last_seq } = missed.json as unknown as Transcript
  expect(last_seq).toBe(1026)
  expect(entries.at(-1)?.frame).toMatchObject({ type: 'done', seq: 1026 })
  const text = entries.map(({ frame }) => (frame.type === 'text' ? frame.text : '')).join('')
  expect(forgotten * piece.length + text.length).toBe((1025 - lastSeen) * piece.length)
})

test('a client that keeps up misses nothing', async () => {
  const gateway = await startGateway()
  gateway.engine.answer = () => say(...Array.from({ length: 500 }, (_, word) => `${word} `))
  const client = await gateway.connect()
  await client.ask('count')
  const seqs = client.frames.flatMap((frame) => ('seq' in frame && frame.seq !== undefined ? [frame.seq] : []))
  expect(seqs).toEqual(Array.from({ length: 501 }, (_, index) => index + 2))
})
