import { randomBytes } from 'node:crypto'
import { ApprovalId, CallId, type ServerFrame } from '@castellan/contracts'
import { temporaryFolder } from '@castellan/testing'
import { expect, onTestFinished, test } from 'vitest'
import { Conversations } from '../../src/conversations/conversations.ts'
import type { NewEntry } from '../../src/conversations/entry.ts'
import { openStore } from '../../src/store/open.ts'
import { agent, asked, main, text } from '../support/book.ts'
import { quietLog } from '../support/log.ts'

const log = quietLog('conversations')
const session = 'ses_AAAAAAAAAAAAAAAA' as never
const call_id = CallId.parse('call_AAAAAAAA')
const approval_id = ApprovalId.parse('apr_AAAAAAAA')

function opener() {
  const [folder, key] = [temporaryFolder(), randomBytes(32)]
  return () => {
    const few = { maxDays: 1, maxBytes: 1_000_000 }
    const store = openStore(folder, { derive: () => Buffer.from(key) }, { insights: few, decisions: few }, log)
    onTestFinished(() => store.close())
    return new Conversations(store, log)
  }
}

function entry(seq: number, frame: ServerFrame): NewEntry {
  const json = JSON.stringify({ ...frame, chat_id: main, seq })
  return { firstSeq: seq, lastSeq: seq, at: seq, type: frame.type, frame: json, words: null, cuts: null }
}

test('a turn that a kill broke off says so: the question is withdrawn, the call has no answer, the chat goes on', async () => {
  const open = opener()
  const { writer } = open()
  const meta = { name: main, agent, session, sessionKey: 'key', mode: null, running: true }
  const used: ServerFrame = { type: 'tool_use', call_id, name: 'file_write', args: {} }
  const question = {
    type: 'approval_required',
    approval_id,
    call_id,
    name: 'file_write',
    args: {},
  } as unknown as ServerFrame
  for (const one of [asked(1, 'write it'), text(2, 'I will '), text(3, 'write.'), entry(4, used), entry(5, question)]) {
    writer.append(meta, one)
  }
  await writer.settled()

  const next = open()
  await next.begin()
  const { entries } = await next.read(main, { after: 3, limit: 100, keep: 'newest' })
  expect(entries.slice(2).map(({ frame }) => frame)).toMatchObject([
    { type: 'approval_decided', approval_id, state: 'withdrawn' },
    { type: 'tool_result', call_id, ok: false, ledger_index: null, result: { code: 'turn_interrupted' } },
    { type: 'error', code: 'turn_interrupted' },
    { type: 'done' },
  ])
  const left = await next.left(main)
  expect(left?.row).toMatchObject({ running: 0, session_key: 'key' })
  // Numbers that were heard and never written are not given to anything else.
  expect(left?.row.last_seq).toBeGreaterThan(10_000)
  expect(left?.remembered.exchanges[0]?.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool'])
  const third = open()
  expect((await third.read(main, { after: left?.row.last_seq ?? 0, limit: 10, keep: 'oldest' })).entries).toEqual([])
})
