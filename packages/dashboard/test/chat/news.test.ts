import type { ServerFrame } from '@castellan/contracts'
import { expect, test } from 'vitest'
import { news } from '../../src/chat/news.ts'
import { reduce } from '../../src/chat/reduce.ts'
import { emptyChat } from '../../src/chat/state.ts'
import { approvalFrame, call, numbered } from '../support/frames.ts'

/** What is told after each frame. */
function told(frames: readonly ServerFrame[]): string[] {
  let state = emptyChat
  return numbered(frames).map((frame) => {
    const before = state
    state = reduce(state, { type: 'frame', frame })
    return news(before, state)
  })
}

test('an answer is told once it is whole, not word by word', () => {
  const frames: ServerFrame[] = [{ type: 'text', text: 'All ' }, { type: 'text', text: 'well.' }, { type: 'done' }]
  expect(told(frames)).toEqual(['', '', 'Castellan: All well.'])
})

test('questions and results are told as they come', () => {
  const result = { ok: true, result: null, ledger_index: 3, summary: 'Wrote it.' }
  const frames: ServerFrame[] = [
    { type: 'tool_use', call_id: call('w'), name: 'file_write', args: {} },
    approvalFrame('w'),
    { type: 'tool_result', call_id: call('w'), name: 'file_write', ...result },
  ]
  expect(told(frames)).toEqual(['', expect.stringContaining('Approval needed for file_write'), 'file_write: Wrote it.'])
})
