import type { ServerFrame } from '@castellan/contracts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ChatAction, leavesGap, reduce } from '../../src/chat/reduce.ts'
import { type ChatState, emptyChat, itemAt } from '../../src/chat/state.ts'
import {
  approvalFrame,
  approvalOf,
  aTurn,
  call,
  EXPIRES,
  numbered,
  transcriptAfter,
  transcriptBetween,
} from '../support/frames.ts'

const live = (state: ChatState, frames: readonly ServerFrame[]) =>
  frames.reduce((before, frame) => reduce(before, { type: 'frame', frame, at: Date.parse(EXPIRES) }), state)
const after = (state: ChatState, ...actions: ChatAction[]) => actions.reduce(reduce, state)
const ask = numbered([{ type: 'asked', text: 'hello' }])[0] as ServerFrame

/** What is on the screen; ids only have to be stable, and numbers are those of frames that were heard in pieces or whole. */
const screen = ({ items, lastSeq, running }: ChatState) => ({
  items: items.map(({ id: _id, seq: _seq, ...item }) => item),
  lastSeq,
  running,
})

describe('any prefix and the transcript of the rest', () => {
  const story = fc.array(aTurn, { minLength: 1, maxLength: 3 }).map((turns) => numbered(turns.flat()))

  /** No turn is longer than a piece of the transcript. */
  const longStory = fc.array(aTurn, { minLength: 4, maxLength: 16 }).map((turns) => numbered(turns.flat()))

  test('make the same chat as hearing everything', () => {
    fc.assert(
      fc.property(story, fc.nat(), (frames, cut) => {
        const whole = live(emptyChat, frames)
        const heard = frames.slice(0, cut % (frames.length + 1))
        const lost = after(live(emptyChat, heard), { type: 'lost' })
        const transcript = transcriptAfter(frames, lost.lastSeq, false)
        expect(screen(reduce(lost, { type: 'transcript', transcript }))).toEqual(screen(whole))
      }),
    )
  })

  test('make the same chat when the transcript was read in the middle of it and frames come twice', () => {
    fc.assert(
      fc.property(story, fc.nat(), fc.nat(), (frames, first, second) => {
        const [read, heard] = [first % (frames.length + 1), second % (frames.length + 1)].toSorted((a, b) => b - a)
        const seen = live(emptyChat, frames.slice(0, heard))
        const known = frames.slice(0, read)
        const running = known.length > 0 && known.at(-1)?.type !== 'done'
        const caughtUp = reduce(seen, { type: 'transcript', transcript: transcriptAfter(known, seen.lastSeq, running) })
        expect(screen(live(caughtUp, frames.slice(heard)))).toEqual(screen(live(emptyChat, frames)))
      }),
    )
  })

  test('make the same chat when the gaps are filled, in whatever steps', () => {
    fc.assert(
      fc.property(longStory, fc.nat(), fc.integer({ min: 30, max: 60 }), (frames, cut, step) => {
        const whole = live(emptyChat, frames)
        const heard = cut % (frames.length + 1)
        const newest = transcriptBetween(frames, { after: heard, limit: step })
        let state = reduce(live(emptyChat, frames.slice(0, heard)), { type: 'transcript', transcript: newest })
        for (let tries = 0; tries < 200; tries += 1) {
          const gap = state.items.find((item) => item.kind === 'gap')
          if (gap?.kind !== 'gap') break
          const { after, before } = gap
          const transcript = transcriptBetween(frames, { after, before, limit: step })
          state = reduce(state, { type: 'earlier', gap, transcript })
        }
        expect(screen(state)).toEqual(screen(whole))
        expect(new Set(state.items.map(({ id }) => id)).size).toBe(state.items.length)
      }),
      { numRuns: 40 },
    )
  })

  test('make the same chat when this page asked the questions itself', () => {
    fc.assert(
      fc.property(story, (frames) => {
        let state = emptyChat
        for (const frame of frames) {
          state = frame.type === 'asked' ? reduce(state, { type: 'said', text: frame.text }) : state
          expect(leavesGap(state, frame)).toBe(false)
          state = frame.type === 'asked' ? state : live(state, [frame])
        }
        expect(screen(state)).toEqual(screen(live(emptyChat, frames)))
      }),
    )
  })
})

describe('text', () => {
  test('deltas are one answer until something else comes', () => {
    const frames = numbered([
      { type: 'text', text: 'Three ' },
      { type: 'text', text: 'disks.' },
      { type: 'done' },
      { type: 'text', text: 'Next.' },
    ])
    const answers = live(emptyChat, frames).items.map((item) => item.kind === 'answer' && item.text)
    expect(answers).toEqual(['Three disks.', 'Next.'])
  })

  test('the words that repeat suggestions are left to the buttons', () => {
    const frames = numbered([
      { type: 'suggestions', suggestions: [] },
      { type: 'text', text: '1. …' },
    ])
    expect(live(emptyChat, frames).items.map(({ kind }) => kind)).toEqual(['suggestions'])
  })
})

describe('what this page said', () => {
  const said = after(emptyChat, { type: 'said', text: 'hello' })

  test('counts as delivered once numbered frames follow it', () => {
    const state = live(said, numbered([{ type: 'text', text: 'Hi.' }], 2))
    expect(state.items[0]).toMatchObject({ kind: 'asked', delivery: 'sent' })
  })

  test('is not shown twice when the transcript has it', () => {
    const transcript = transcriptAfter([ask], 0, true)
    const state = after(said, { type: 'lost' }, { type: 'transcript', transcript })
    expect(state.items).toMatchObject([{ text: 'hello', delivery: 'sent' }])
    expect(state.running).toBe(true)
  })

  test('is lost when the transcript does not have it, and saying it again takes its place', () => {
    const transcript = transcriptAfter([], 0, false)
    const lost = after(said, { type: 'lost' }, { type: 'transcript', transcript })
    expect(lost.items).toMatchObject([{ text: 'hello', delivery: 'lost' }])
    expect(lost.running).toBe(false)
    expect(after(lost, { type: 'said', text: 'hello' }).items).toMatchObject([{ text: 'hello', delivery: 'sending' }])
  })

  test('is lost when it was refused', () => {
    const frame: ServerFrame = { type: 'error', code: 'busy', message: 'Too many chats.', chat_id: 'main' }
    const state = live(said, [frame])
    expect(state.items).toMatchObject([{ kind: 'asked', delivery: 'lost' }, { kind: 'error' }])
    expect(state.running).toBe(false)
  })
})

describe('approvals', () => {
  const used: ServerFrame = { type: 'tool_use', call_id: call('w'), name: 'file_write', args: { path: 'a' } }
  const waiting = live(emptyChat, numbered([used, approvalFrame('w', { path: 'a' })]))
  const approval = (state: ChatState) => state.items.flatMap((item) => (item.kind === 'tool' ? [item.approval] : []))[0]

  test('belong to the call they are about', () => {
    expect(waiting.items).toHaveLength(1)
    expect(approval(waiting)).toMatchObject({ id: approvalOf('w'), answered: null, decision: null })
  })

  test('asked again on a new socket do not forget what was answered', () => {
    const answered = after(waiting, { type: 'answered', approvalId: approvalOf('w'), verdict: 'approve' })
    const again = live(answered, [{ ...approvalFrame('w', { path: 'a' }), chat_id: 'main' }])
    expect(approval(again)?.answered).toBe('approve')
  })

  test('can be answered again when the answer was refused or lost', () => {
    const answered = after(waiting, { type: 'answered', approvalId: approvalOf('w'), verdict: 'approve' })
    const refused = live(answered, [{ type: 'error', code: 'signature_invalid', message: 'No.' }])
    expect(approval(refused)?.answered).toBeNull()
    expect(approval(after(answered, { type: 'lost' }))?.answered).toBeNull()
  })

  test('say who decided', () => {
    const decided: ServerFrame = { type: 'approval_decided', approval_id: approvalOf('w'), state: 'denied', by: 'root' }
    expect(approval(live(waiting, numbered([decided], 3)))?.decision).toEqual({ state: 'denied', by: 'root' })
  })
})

test('progress belongs to its call until that ends; of a call that is not here it is no news', () => {
  const call_id = call('p')
  const used: ServerFrame = { type: 'tool_use', call_id, name: 'model_import', args: {} }
  const told: ServerFrame = { type: 'progress', call_id, message: 'Reading', done: 1, total: 4, chat_id: 'main' }
  const running = live(emptyChat, [...numbered([used]), told])
  expect(running.items[0]).toMatchObject({ progress: { message: 'Reading', done: 1, total: 4 }, seq: 1 })
  const result = { ok: true, result: {}, ledger_index: 3, summary: 'Done.' }
  const over = live(running, numbered([{ type: 'tool_result', call_id, name: 'model_import', ...result }], 2))
  expect(over.items[0]).toMatchObject({ progress: null, outcome: { ok: true } })
  expect(live(emptyChat, [told]).items).toEqual([])
})

test('what stands at a place of the transcript is found, also where an answer or a call goes on beyond its beginning', () => {
  const state = live(
    emptyChat,
    numbered([
      { type: 'asked', text: 'x' },
      { type: 'text', text: 'one ' },
      { type: 'text', text: 'two' },
      { type: 'done' },
      { type: 'asked', text: 'y' },
    ]),
  )
  const at = (seq: number) => itemAt(state, seq)?.kind
  expect([at(1), at(2), at(3), at(5)]).toEqual(['asked', 'answer', 'answer', 'asked'])
  expect(itemAt(emptyChat, 1)).toBeUndefined()
})

describe('gaps', () => {
  const one = live(emptyChat, [ask])

  test('a number that is skipped is noticed', () => {
    expect(leavesGap(one, numbered([{ type: 'done' }], 3)[0] as ServerFrame)).toBe(true)
    expect(leavesGap(one, numbered([{ type: 'done' }], 2)[0] as ServerFrame)).toBe(false)
  })

  test('what the gateway forgot is marked with its size', () => {
    const transcript = { ...transcriptAfter(numbered([{ type: 'done' }], 9), 1, false), last_seq: 9, forgotten: 7 }
    expect(after(one, { type: 'transcript', transcript }).items.at(-1)).toMatchObject({
      ...{ kind: 'gap', frames: 7, after: 1, before: 9 },
    })
  })

  test('a gateway that was restarted begins anew below a mark', () => {
    const later = { ...one, lastSeq: 40 }
    const transcript = transcriptAfter(numbered([{ type: 'asked', text: 'again' }, { type: 'done' }]), 0, false)
    const state = after(later, { type: 'transcript', transcript })
    expect(state.items.map((item) => item.kind)).toEqual(['asked', 'ended', 'asked'])
    expect(state.lastSeq).toBe(2)
  })
})

test('frames of other chats change nothing', () => {
  const frame: ServerFrame = { type: 'text', text: 'elsewhere', chat_id: 'other', seq: 5 }
  expect(live(emptyChat, [frame])).toBe(emptyChat)
})

test('a status that was overtaken by the end of its turn does not keep the turn running', () => {
  const frames = numbered([{ type: 'asked', text: 'x' }, { type: 'done' }])
  const read = after(emptyChat, { type: 'transcript', transcript: transcriptAfter(frames, 0, false) })
  const late: ServerFrame = { type: 'status', state: 'thinking', message: 'Thinking.', chat_id: 'main' }
  expect(live(read, [late, ...frames]).running).toBe(false)
})

test('a turn that was stopped says so until the next one', () => {
  const stopped: ServerFrame = { type: 'status', state: 'idle', message: 'Stopped.', chat_id: 'main' }
  const state = live(live(emptyChat, [ask]), [stopped, ...numbered([{ type: 'done' }], 2)])
  expect(state.activity).toEqual({ state: 'idle', message: 'Stopped.' })
  expect(after(state, { type: 'said', text: 'on' }).activity).toBeNull()
})

test('what a person should know is kept with the question, and each yes of several is counted', () => {
  const preview = { effects: ['Writes it.'], undo: 'It can be taken back.' }
  const always = { possible: true as const, rule: 'permit;', digest: '0'.repeat(64) }
  const asked = { ...approvalFrame('a'), preview, always, taint: ['secret' as const], votes: { given: 0, needed: 2 } }
  const use: ServerFrame = { type: 'tool_use', call_id: asked.call_id, name: 'file_write', args: {} }
  const vote: ServerFrame = { type: 'approval_vote', approval_id: asked.approval_id, by: 'ann', given: 1, needed: 2 }
  const state = numbered([use, asked, vote]).reduce(
    (before, frame) => reduce(before, { type: 'frame', frame }),
    emptyChat,
  )
  const [tool] = state.items
  expect(tool).toMatchObject({ approval: { preview, always, taint: ['secret'], votes: { given: 1, needed: 2 } } })
})

test('an answer aside stands for itself, and the turn goes on', () => {
  const asked = approvalFrame('a')
  const use: ServerFrame = { type: 'tool_use', call_id: asked.call_id, name: 'file_write', args: {} }
  const frames = numbered([use, asked, { type: 'text', text: 'All is well.', aside: true }])
  const said = reduce(
    frames.slice(0, 2).reduce((before, frame) => reduce(before, { type: 'frame', frame }), emptyChat),
    { type: 'said', text: '/status', aside: true },
  )
  expect(said.running).toBe(true)
  const state = reduce(said, { type: 'frame', frame: { ...(frames[2] as ServerFrame), seq: 4 } as ServerFrame })
  expect(state.items.at(-1)).toMatchObject({ kind: 'answer', text: 'All is well.', streaming: false })
  expect(state.items.at(-2)).toMatchObject({ kind: 'asked', delivery: 'sent' })
  expect(state.running).toBe(true)
})

test('what is said about an answer stands beside it and is no part of it', () => {
  const frames = numbered([
    { type: 'asked', text: 'hello' },
    { type: 'model', engine: 'anthropic', model: 'claude-x', host: 'api.anthropic.com' },
    { type: 'reasoning', text: 'They greet me.' },
    { type: 'text', text: 'Hello.' },
    {
      ...{ type: 'usage', engine: 'anthropic', model: 'claude-x', host: 'api.anthropic.com', answers: 1 },
      ...{ prompt_tokens: 12, cached_tokens: null, output_tokens: null, cost: null },
    },
    { type: 'done' },
  ])
  const { items } = screen(live(emptyChat, frames))
  expect(items.map(({ kind }) => kind)).toEqual(['asked', 'note', 'note', 'answer', 'note'])
  expect(items[1]).toMatchObject({ text: expect.stringContaining('claude-x at api.anthropic.com') })
  expect(items[2]).toMatchObject({ detail: 'They greet me.' })
  expect(items[4]).toMatchObject({ text: '12 tokens in, ? out, cost unknown' })
})
