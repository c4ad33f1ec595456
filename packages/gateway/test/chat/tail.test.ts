import type { ServerFrame } from '@castellan/contracts'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Tail } from '../../src/chat/tail.ts'

function append(transcript: Tail, frame: ServerFrame): ServerFrame {
  const numbered = { ...frame, seq: transcript.nextSeq }
  transcript.append(numbered, JSON.stringify(numbered).length)
  return numbered
}

test('text deltas that follow each other come back as one frame', () => {
  const transcript = new Tail()
  for (const text of ['All ', 'is ', 'well.']) append(transcript, { type: 'text', text })
  append(transcript, { type: 'done' })
  expect(transcript.after(0).entries.map(({ frame }) => frame)).toEqual([
    { type: 'text', text: 'All is well.', seq: 3 },
    { type: 'done', seq: 4 },
  ])
  expect(transcript.after(2).entries[0]?.frame).toEqual({ type: 'text', text: 'well.', seq: 3 })
  expect(transcript.after(4)).toEqual({ last_seq: 4, forgotten: 0, entries: [] })
})

test('what does not fit is forgotten from the oldest on, and counted', () => {
  const transcript = new Tail(0, 200)
  for (let turn = 0; turn < 20; turn++) append(transcript, { type: 'done' })
  const { forgotten, entries, last_seq } = transcript.after(0)
  expect(forgotten + entries.length).toBe(20)
  expect(last_seq).toBe(20)
  expect(transcript.after(19).forgotten).toBe(0)
})

test('a frame larger than the whole transcript is kept while it is the newest', () => {
  const transcript = new Tail(0, 10)
  append(transcript, { type: 'asked', text: 'a'.repeat(100) })
  expect(transcript.after(0).entries).toHaveLength(1)
})

test('from any point on, the transcript gives exactly what was said after it', () => {
  const frames = fc.array(
    fc.oneof(
      fc.string({ maxLength: 5 }).map((text): ServerFrame => ({ type: 'text', text })),
      fc.constant<ServerFrame>({ type: 'done' }),
    ),
    { maxLength: 40 },
  )
  const flat = (all: ServerFrame[]) => all.map((frame) => (frame.type === 'text' ? frame.text : '|')).join('')
  fc.assert(
    fc.property(frames, fc.nat(45), (said, after) => {
      const transcript = new Tail()
      const numbered = said.map((frame) => append(transcript, frame))
      const given = transcript.after(after)
      expect(flat(given.entries.map(({ frame }) => frame))).toBe(flat(numbered.slice(after)))
      expect(given.forgotten).toBe(0)
    }),
  )
})
