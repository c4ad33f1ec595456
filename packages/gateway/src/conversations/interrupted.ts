import type { ServerFrame } from '@castellan/contracts'
import type { StoreThread } from '../store/thread.ts'
import type { ChatRow } from './book.ts'
import type { NewEntry } from './entry.ts'
import { wordsOf } from './entry.ts'
import type { StoredEntry } from './rows.ts'

const UNKNOWN = 'The gateway ended before the answer came. The ledger says whether anything was done.'
const STOPPED =
  'The gateway ended in the middle of this turn. What was said until then is above; say it again to go on.'

/**
 * Ends, in the transcripts, the turns that a gateway was in when it was killed: questions that waited are withdrawn, calls have no
 * answer, and the turn says that it broke off. To be done once, before anything is said.
 */
export async function endInterrupted(thread: StoreThread, now: () => number = Date.now): Promise<void> {
  const left = await thread.call('conversations', 'interrupted')
  if (left.length === 0) return
  const batches = left.map(({ chat, tail }) => ({
    ...metaOf(chat),
    running: false,
    entries: closingFrames(tail).map((frame, position) => entryOf(frame, chat, chat.last_seq + position + 1, now())),
  }))
  await thread.call('conversations', 'append', batches)
}

/** The frames that a turn lacks to be over. */
export function closingFrames(tail: readonly StoredEntry[]): ServerFrame[] {
  const turn = tail.slice(tail.findLastIndex(({ frame }) => frame.type === 'done') + 1).map(({ frame }) => frame)
  const decided = new Set(turn.flatMap((frame) => (frame.type === 'approval_decided' ? [frame.approval_id] : [])))
  const answered = new Set(turn.flatMap((frame) => (frame.type === 'tool_result' ? [frame.call_id] : [])))
  const withdrawn = turn.flatMap((frame): ServerFrame[] =>
    frame.type === 'approval_required' && !decided.has(frame.approval_id)
      ? [{ type: 'approval_decided', approval_id: frame.approval_id, state: 'withdrawn' }]
      : [],
  )
  const unanswered = turn.flatMap((frame): ServerFrame[] => {
    if (frame.type !== 'tool_use' || answered.has(frame.call_id)) return []
    const { call_id, name } = frame
    const result = { code: 'turn_interrupted', message: UNKNOWN }
    return [{ type: 'tool_result', call_id, name, ok: false, result, ledger_index: null, summary: UNKNOWN }]
  })
  return [...withdrawn, ...unanswered, { type: 'error', code: 'turn_interrupted', message: STOPPED }, { type: 'done' }]
}

function metaOf({ name, agent, session, session_key, mode }: ChatRow) {
  return { name, agent, session, sessionKey: session_key, mode }
}

function entryOf(frame: ServerFrame, chat: ChatRow, seq: number, at: number): NewEntry {
  const numbered = { ...frame, chat_id: chat.name, seq }
  const words = wordsOf(frame)
  return { firstSeq: seq, lastSeq: seq, at, type: frame.type, frame: JSON.stringify(numbered), words, cuts: null }
}
