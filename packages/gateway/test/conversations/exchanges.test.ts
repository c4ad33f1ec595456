import { CallId, type ServerFrame } from '@castellan/contracts'
import { expect, test } from 'vitest'
import { exchangesOf } from '../../src/conversations/exchanges.ts'

const call_id = CallId.parse('call_AAAAAAAA')
const done: ServerFrame = { type: 'done' }
const read = (frames: readonly ServerFrame[]) => exchangesOf(frames.map((frame) => ({ at: 1, frame })))
const asked = (text: string): ServerFrame => ({ type: 'asked', text })
const text = (words: string): ServerFrame => ({ type: 'text', text: words })
const used: ServerFrame = { type: 'tool_use', call_id, name: 'file_read', args: { path: 'a' } }
const result = (about: object = {}): ServerFrame => ({
  ...{
    type: 'tool_result',
    call_id,
    name: 'file_read',
    ok: true,
    result: 'words',
    ledger_index: 3,
    summary: 'It says words.',
  },
  ...about,
})

test('what was said, called and answered is what the model had been told', () => {
  const { exchanges } = read([asked('read a'), text('I look.'), used, result(), text('It says '), text('words.'), done])
  expect(exchanges).toEqual([
    [
      { role: 'user', text: 'read a' },
      { role: 'assistant', text: 'I look.', calls: [{ call_id, name: 'file_read', args: { path: 'a' } }] },
      {
        role: 'tool',
        call_id,
        name: 'file_read',
        ok: true,
        summary: 'It says words.',
        result: 'words',
        ledger_index: 3,
      },
      { role: 'assistant', text: 'It says words.', calls: [] },
    ],
  ])
})

test('commands that only read, asides and questions without an answer are no talk with the model', () => {
  const aside: ServerFrame = { type: 'text', text: 'aside', aside: true }
  const { exchanges } = read([
    ...[asked('/help'), text('commands'), done],
    ...[asked('why?'), { type: 'error', code: 'engine_crashed', message: 'gone' } as ServerFrame, done],
    ...[asked('hello'), asked('/status'), aside, text('Hello.'), done],
  ])
  expect(exchanges.map((messages) => messages.map((message) => ('text' in message ? message.text : '')))).toEqual([
    ['hello', 'Hello.'],
  ])
})

test('a summary stands for what it was made of', () => {
  const compacted: ServerFrame = { type: 'compacted', summary: 'They greeted.', exchanges: 2, by: 'model' }
  const turn = (words: string) => [asked(words), text('yes'), done]
  const { exchanges, summary } = read([
    ...turn('a'),
    ...turn('b'),
    ...turn('c'),
    asked('d'),
    compacted,
    text('yes'),
    done,
  ])
  expect(summary).toBe('They greeted.')
  expect(exchanges.map(([first]) => first)).toEqual([
    { role: 'user', text: 'c' },
    { role: 'user', text: 'd' },
  ])
})

test('what must not leave the machine is known as that after a restart, its summary too', () => {
  const { exchanges } = read([
    asked('/call file_read {}'),
    used,
    result({ secret: true }),
    text('It says words.'),
    done,
  ])
  const [, , tool, said] = exchanges[0] ?? []
  expect(tool).toMatchObject({ role: 'tool', secret: true })
  expect(said).toMatchObject({ role: 'assistant', text: 'The result was shown to the owner.' })
})
