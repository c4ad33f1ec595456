import { ApprovalId, CallId, newId, type ServerFrame, type Transcript } from '@castellan/contracts'
import fc from 'fast-check'

export const call = (name: string) => CallId.parse(`call_${name.padEnd(8, '0')}`)
export const approvalOf = (name: string) => ApprovalId.parse(`apr_${name.padEnd(8, '0')}`)

/** Gives frames their place in the transcript of the page's chat, as the gateway does. */
export function numbered(frames: readonly ServerFrame[], first = 1): ServerFrame[] {
  return frames.map((frame, position) => ({ ...frame, chat_id: 'main', seq: first + position }) as ServerFrame)
}

export const EXPIRES = '2026-11-21T05:00:00.000Z'

export function approvalFrame(name: string, args: Record<string, unknown> = {}) {
  const signing = { approve: 'approve this', deny: 'deny this' }
  return {
    type: 'approval_required' as const,
    approval_id: approvalOf(name),
    call_id: call(name),
    name: 'file_write',
    args,
    reason: 'It changes the machine.',
    expires_at: EXPIRES,
    signing,
  }
}

const word = fc.string({ minLength: 1, maxLength: 8 })
const deltas = fc
  .array(word, { maxLength: 4 })
  .map((words) => words.map((text): ServerFrame => ({ type: 'text', text })))

const toolCall = fc
  .record({ ok: fc.boolean(), verdict: fc.constantFrom('none', 'approved', 'denied', 'expired', 'open'), name: word })
  .map(({ ok, verdict, name }): ServerFrame[] => {
    const call_id = newId('call')
    const approval_id = newId('apr')
    const used: ServerFrame = { type: 'tool_use', call_id, name, args: { path: name } }
    const asked: ServerFrame = { ...approvalFrame('x'), approval_id, call_id, name, args: { path: name } }
    const outcome = { ledger_index: ok ? 3 : null, summary: 'So it was.', undo: { possible: ok, description: 'x' } }
    const result: ServerFrame = { type: 'tool_result', call_id, name, ok, result: { name }, ...outcome }
    if (verdict === 'none') return [used, result]
    if (verdict === 'open') return [used, asked, result]
    const decided: ServerFrame = { type: 'approval_decided', approval_id, state: verdict as 'approved', by: 'root' }
    return [used, asked, decided, result]
  })

const ending = fc.constantFrom<ServerFrame[]>(
  [],
  [{ type: 'error', code: 'engine_crashed', message: 'The model is gone.' }],
  [
    { type: 'suggestions', suggestions: [{ command: '/help', label: 'Help', confidence: 0.4 }] },
    { type: 'text', text: 'Did you mean' },
    { type: 'text', text: ' help?' },
  ],
)

/** One turn as the gateway tells it, beginning with what was asked and ending with `done`. */
export const aTurn: fc.Arbitrary<ServerFrame[]> = fc
  .tuple(word, fc.array(fc.oneof(deltas, toolCall), { maxLength: 4 }), ending)
  .map(([text, parts, end]) => [{ type: 'asked', text }, ...parts.flat(), ...end, { type: 'done' }])

/** What the gateway's transcript answers: text deltas that follow each other as one frame, numbered as the last. */
export function transcriptAfter(frames: readonly ServerFrame[], seq: number, running: boolean): Transcript {
  const entries: Transcript['entries'] = []
  for (const frame of frames) {
    if (!('seq' in frame) || frame.seq === undefined || frame.seq <= seq) continue
    const last = entries.at(-1)
    if (frame.type === 'text' && last?.frame.type === 'text') {
      last.frame = { ...last.frame, text: last.frame.text + frame.text, seq: frame.seq }
    } else {
      entries.push({ at: EXPIRES, frame: { ...frame } })
    }
  }
  return { chat_id: 'main', running, last_seq: frames.length, forgotten: 0, more: false, entries }
}

/** As the gateway answers with `after`, `before` and a limit: the newest entries of that stretch, and how many frames come before them. */
export function transcriptBetween(
  frames: readonly ServerFrame[],
  { after, before = Number.MAX_SAFE_INTEGER, limit }: { after: number; before?: number; limit: number },
): Transcript {
  const seqOf = (frame: ServerFrame) => ('seq' in frame ? (frame.seq ?? 0) : 0)
  // What is stored of a text is one row: it is on one side of `before` as a whole.
  const rows = transcriptAfter(frames, after, false).entries.filter(({ frame }) => seqOf(frame) < before)
  const entries = rows.slice(-limit)
  const left = rows.slice(0, rows.length - entries.length)
  const forgotten = left.length === 0 ? 0 : seqOf(left.at(-1)?.frame as ServerFrame) - after
  return { chat_id: 'main', running: false, last_seq: frames.length, forgotten, more: false, entries }
}
