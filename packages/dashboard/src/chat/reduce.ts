import type { Attachment, ServerFrame, Transcript } from '@castellan/contracts'
import { wholeTurns } from './fill.ts'
import { noteOf } from './note.ts'
import type { Approval, ApprovalVerdict, ChatState, GapItem, Item, ToolItem } from './state.ts'

export type ChatAction =
  /** `at`: when it came, in milliseconds since 1970. */
  | { readonly type: 'frame'; readonly frame: ServerFrame; readonly at?: number }
  | { readonly type: 'transcript'; readonly transcript: Transcript }
  /** What belongs where the gap is, or the end of it. */
  | { readonly type: 'earlier'; readonly gap: GapItem; readonly transcript: Transcript }
  /** The owner said something on this page, and it was sent; `aside` from the turn that runs. */
  | {
      readonly type: 'said'
      readonly text: string
      readonly aside?: boolean
      readonly attachments?: readonly Attachment[]
    }
  /** The owner answered an approval on this page, and the answer was sent. */
  | { readonly type: 'answered'; readonly approvalId: string; readonly verdict: ApprovalVerdict }
  /** The answer could not be sent after all. */
  | { readonly type: 'unanswered'; readonly approvalId: string }
  /** The socket was lost: nothing is known about what was under way. */
  | { readonly type: 'lost' }

type Draft = Item extends infer Kind ? (Kind extends Item ? Omit<Kind, 'id'> : never) : never

/** The chat after one more thing happened. Pure; frames that were seen already, or belong to another chat, change nothing. */
export function reduce(state: ChatState, action: ChatAction): ChatState {
  switch (action.type) {
    case 'frame':
      return applyFrame(state, action.frame, action.at ?? null)
    case 'transcript':
      return applyTranscript(state, action.transcript)
    case 'earlier':
      return fillGap(state, action.gap, action.transcript)
    case 'said':
      return say(state, action.text, action.aside === true, action.attachments ?? [])
    case 'answered':
      return withApproval(state, action.approvalId, (approval) => ({ ...approval, answered: action.verdict }))
    case 'unanswered':
      return withApproval(state, action.approvalId, (approval) => ({ ...approval, answered: null }))
    case 'lost':
      return { ...state, activity: null, paused: false, items: state.items.map(unanswered) }
  }
}

/** Whether a frame of the transcript is missing between what the state shows and this frame. */
export function leavesGap(state: ChatState, frame: ServerFrame): boolean {
  if (!('seq' in frame) || frame.seq === undefined || !isOurs(state, frame)) return false
  // What this page said itself has a number too, but is never sent back to it.
  const ownWords = state.items.filter((item) => item.kind === 'asked' && item.delivery === 'sending').length
  return frame.seq > state.lastSeq + 1 + ownWords
}

function isOurs({ chatId }: ChatState, frame: ServerFrame): boolean {
  return !('chat_id' in frame) || frame.chat_id === undefined || frame.chat_id === chatId
}

function applyFrame(state: ChatState, frame: ServerFrame, at: number | null): ChatState {
  if (!isOurs(state, frame)) return state
  const seq = 'seq' in frame ? frame.seq : undefined
  if (seq === undefined) return show(state, frame, at)
  if (seq <= state.lastSeq) {
    // Statuses have no number, so one that was overtaken by the transcript may have come in since; this end is the newest news.
    return frame.type === 'done' && seq === state.lastSeq ? settle(state) : state
  }
  const known = frame.type === 'asked' ? state : delivered(state)
  const shown = show(known, frame, at)
  const items = shown.items.map((item) => (item.id < state.nextId ? item : { ...item, seq }))
  return { ...shown, items: shown.nextId === state.nextId ? shown.items : items, lastSeq: seq }
}

function applyTranscript(state: ChatState, transcript: Transcript): ChatState {
  const { last_seq, running } = transcript
  let next = state
  // A gateway that was restarted counts from 1 again, and remembers nothing of before.
  if (last_seq < next.lastSeq) next = add({ ...settle(next), lastSeq: 0 }, { kind: 'ended' })
  const { entries, left, first } = wholeTurns(transcript)
  if (left > 0) {
    const stretch = { after: next.lastSeq, before: first ?? last_seq + 1 }
    next = add(settle(next), { kind: 'gap', frames: left, ...stretch })
  }
  for (const { frame, at } of entries) next = applyFrame(next, frame, Date.parse(at))
  next = { ...next, lastSeq: Math.max(next.lastSeq, last_seq), running }
  next = running ? next : settle(next)
  return { ...next, items: next.items.map((item) => (isSending(item) ? { ...item, delivery: 'lost' } : item)) }
}

/** Puts what was read of a gap into its place: the end of it, and what is still missing before that stays a gap. */
function fillGap(state: ChatState, gap: GapItem, transcript: Transcript): ChatState {
  const place = state.items.findIndex(({ id }) => id === gap.id)
  if (place === -1) return state
  const { entries, left, first } = wholeTurns(transcript)
  const rest: Item[] = left > 0 && first !== undefined ? [{ ...gap, frames: left, before: first }] : []
  // What follows the gap directly goes on where the chat broke off; what does not stands for itself.
  const earlier = [...state.items.slice(0, place), ...rest]
  const goesOn = rest.length === 0 && entries[0]?.frame.type === 'text'
  let read: ChatState = { ...state, items: goesOn ? reopened(earlier) : earlier, lastSeq: gap.after }
  for (const { frame, at } of entries) read = applyFrame(read, frame, Date.parse(at))
  return { ...state, items: [...settle(read).items, ...state.items.slice(place + 1)], nextId: read.nextId }
}

/** The answer that the gap broke off may still go on. */
function reopened(items: readonly Item[]): readonly Item[] {
  const last = items.at(-1)
  return last?.kind === 'answer' ? [...items.slice(0, -1), { ...last, streaming: true }] : items
}

function show(state: ChatState, frame: ServerFrame, at: number | null): ChatState {
  switch (frame.type) {
    case 'asked':
      return { ...confirm(state, frame.text, frame.attachments ?? []), running: true }
    case 'status':
      return showStatus(state, frame.state, frame.message ?? '')
    case 'text':
      if (frame.aside === true) return add(state, { kind: 'answer', text: frame.text, streaming: false })
      return showText(state, frame.text)
    case 'suggestions':
      return add(state, { kind: 'suggestions', suggestions: frame.suggestions, introduced: isSpeaking(state) })
    case 'tool_use': {
      const { call_id: callId, name, args } = frame
      return { ...add(state, newTool(callId, name, args, at)), running: true }
    }
    case 'tool_result': {
      const { ok, result, summary, ledger_index: ledgerIndex, undo = null } = frame
      const outcome = { ok, result, summary, ledgerIndex, undo }
      return withTool(state, frame.call_id, frame.name, (tool) => ({ ...tool, outcome, progress: null }))
    }
    case 'progress': {
      const { message, done, total } = frame
      const progress = { message, ...(done === undefined ? {} : { done }), ...(total === undefined ? {} : { total }) }
      return withTool(state, frame.call_id, '', (tool) => ({ ...tool, progress }), false)
    }
    case 'mode':
      return { ...add(state, { kind: 'note', ...noteOf(frame) }), mode: frame.mode }
    case 'approval_required':
      return showApproval(state, frame)
    case 'approval_vote': {
      const votes = { given: frame.given, needed: frame.needed }
      // Who said yes can still say no; who says yes twice is told.
      return withApproval(state, frame.approval_id, (approval) => ({ ...approval, votes, answered: null }))
    }
    case 'approval_decided': {
      const decision = { state: frame.state, by: frame.by ?? null }
      return withApproval(state, frame.approval_id, (approval) => ({ ...approval, decision }))
    }
    case 'model':
    case 'notice':
    case 'recalled':
    case 'reasoning':
    case 'compacted':
    case 'usage':
      return add(state, { kind: 'note', ...noteOf(frame) })
    case 'done':
      return settle(state)
    case 'error':
      return showError(state, frame.code, frame.message, frame.seq === undefined)
    case 'ledger':
    case 'vitals':
      // Of the machine, not of a chat; see live/live.ts.
      return state
    case 'backpressure_pause':
      return { ...state, paused: true }
    case 'backpressure_resume':
      return { ...state, paused: false }
  }
}

function showStatus(state: ChatState, what: NonNullable<ChatState['activity']>['state'], message: string): ChatState {
  if (what === 'ready') return state
  const activity = { state: what, message }
  return what === 'idle' || what === 'frozen' ? { ...state, activity } : { ...state, running: true, activity }
}

/** Saying again what was lost takes the place of what was lost. */
function say(state: ChatState, text: string, aside: boolean, attachments: readonly Attachment[]): ChatState {
  const items = state.items.filter((item) => !(item.kind === 'asked' && item.delivery === 'lost' && item.text === text))
  const said = add({ ...state, items }, { kind: 'asked', text, attachments, delivery: 'sending' })
  return aside ? said : { ...said, running: true, activity: null }
}

/** Deltas belong to the answer before them. After suggestions they say the same in words, which the buttons make needless. */
function showText(state: ChatState, text: string): ChatState {
  const last = state.items.at(-1)
  if (last?.kind === 'suggestions') return state
  if (last?.kind !== 'answer' || !last.streaming) return add(state, { kind: 'answer', text, streaming: true })
  return { ...state, items: [...state.items.slice(0, -1), { ...last, text: last.text + text }] }
}

function showApproval(state: ChatState, frame: Extract<ServerFrame, { type: 'approval_required' }>): ChatState {
  const approval = approvalOf(frame)
  const { id } = approval
  return withTool(state, frame.call_id, frame.name, (tool) => {
    return tool.approval?.id === id ? tool : { ...tool, args: frame.args, approval }
  })
}

function approvalOf(frame: Extract<ServerFrame, { type: 'approval_required' }>): Approval {
  const { approval_id: id, reason, expires_at: expiresAt, signing } = frame
  return {
    id,
    reason,
    expiresAt,
    signing,
    preview: frame.preview ?? null,
    previewProblem: frame.preview_problem ?? null,
    taint: frame.taint ?? [],
    always: frame.always ?? { possible: false, reason: '' },
    votes: frame.votes ?? null,
    answered: null,
    decision: null,
  }
}

function showError(state: ChatState, code: string, message: string, refusal: boolean): ChatState {
  const next = add(state, { kind: 'error', code, message })
  if (!refusal) return next
  // A refusal has no place in the transcript: it answers what this page sent last, which therefore did not count.
  const refused = next.items.findLast(isSending)
  const items = next.items.map((item) => {
    return item === refused && item.kind === 'asked' ? { ...item, delivery: 'lost' as const } : unanswered(item)
  })
  return { ...next, items, running: refused === undefined || next.activity !== null ? next.running : false }
}

/** The end of a turn: nothing streams any more, and nothing is under way. */
function settle(state: ChatState): ChatState {
  const items = state.items.map((item) =>
    item.kind === 'answer' && item.streaming ? { ...item, streaming: false } : item,
  )
  // That a turn was stopped stays to be read; what was going on is over.
  const activity = state.activity?.state === 'idle' ? state.activity : null
  return { ...state, items, running: false, activity }
}

/** Whether the last thing in the chat is an answer that may still go on. */
function isSpeaking({ items }: ChatState): boolean {
  const last = items.at(-1)
  return last?.kind === 'answer' && last.streaming
}

function add(state: ChatState, draft: Draft): ChatState {
  const last = state.items.at(-1)
  const before =
    last?.kind === 'answer' && last.streaming
      ? [...state.items.slice(0, -1), { ...last, streaming: false }]
      : state.items
  return { ...state, items: [...before, { ...draft, id: state.nextId } as Item], nextId: state.nextId + 1 }
}

function isSending(item: Item): boolean {
  return item.kind === 'asked' && item.delivery === 'sending'
}

/** The gateway goes on with numbered frames, so it has what this page said. */
function delivered(state: ChatState): ChatState {
  if (!state.items.some(isSending)) return state
  return {
    ...state,
    items: state.items.map((item) => (isSending(item) ? ({ ...item, delivery: 'sent' } as Item) : item)),
  }
}

/** Words in the transcript: what this page sent and was not sure about, or what was said elsewhere. */
function confirm(state: ChatState, text: string, attachments: readonly Attachment[]): ChatState {
  const own = state.items.find((item) => item.kind === 'asked' && item.delivery !== 'sent' && item.text === text)
  if (own === undefined) return add(state, { kind: 'asked', text, attachments, delivery: 'sent' })
  return { ...state, items: state.items.map((item) => (item === own ? ({ ...item, delivery: 'sent' } as Item) : item)) }
}

/** Changes the tool call with this id; one that is not there yet (its frame is lost) comes into being. */
function withTool(
  state: ChatState,
  callId: string,
  name: string,
  change: (tool: ToolItem) => ToolItem,
  needed = true,
): ChatState {
  const known = state.items.some((item) => item.kind === 'tool' && item.callId === callId)
  if (!known && !needed) return state
  const from = known ? state : add(state, newTool(callId, name, {}, null))
  const items = from.items.map((item) => (item.kind === 'tool' && item.callId === callId ? change(item) : item))
  return { ...from, items }
}

function newTool(callId: string, name: string, args: ToolItem['args'], since: number | null): Omit<ToolItem, 'id'> {
  return { kind: 'tool', callId, name, args, approval: null, outcome: null, since, progress: null }
}

function withApproval(state: ChatState, id: string, change: (approval: Approval) => Approval): ChatState {
  const items = state.items.map((item) => {
    return item.kind === 'tool' && item.approval?.id === id ? { ...item, approval: change(item.approval) } : item
  })
  return { ...state, items }
}

/** An approval whose answer is not known to have arrived can be answered again. */
function unanswered(item: Item): Item {
  if (item.kind !== 'tool' || item.approval === null || item.approval.decision !== null) return item
  return { ...item, approval: { ...item.approval, answered: null } }
}
