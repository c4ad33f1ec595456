import { describe, expect, it, test } from 'vitest'
import { fieldsOf } from '../../src/forms/schema.ts'
import {
  argumentsFor,
  callsOf,
  draftProblem,
  emptyCall,
  emptyDraft,
  isFit,
  type RoutineDraft,
  scheduleOf,
} from '../../src/routines/draft.ts'
import { routines } from '../../src/strings/routines.ts'

const { unready } = routines.form
const schemas = new Map([
  ['file_read', fieldsOf({ properties: { path: { type: 'string' }, limit: { type: 'integer' } }, required: ['path'] })],
])
const call = { ...emptyCall(0), tool: 'file_read', fields: { path: 'a.txt', limit: '9' } }
const draft: RoutineDraft = { ...emptyDraft('Europe/Berlin'), name: 'nightly', calls: [call] }

test('a draft without a problem is what routine_add takes', () => {
  expect(draftProblem(draft, schemas)).toBeNull()
  const written = callsOf(draft, schemas)
  const schedule = scheduleOf(draft)
  if (written.kind !== 'ready' || schedule === null) throw new Error('it is ready')
  expect(argumentsFor(draft, schedule, written.calls)).toEqual({
    ...{ name: 'nightly', description: '', cron: '0 7 * * *', timezone: 'Europe/Berlin' },
    calls: [{ tool: 'file_read', args: { path: 'a.txt', limit: 9 } }],
    ...{ catchUp: 'skip', onFailure: 'stop', jitterSeconds: 0 },
  })
})

test('what is written by hand goes before the fields', () => {
  const byHand = { ...call, byHand: true, json: '{"path":"b.txt"}' }
  expect(callsOf({ calls: [byHand] }, schemas)).toEqual({
    kind: 'ready',
    calls: [{ tool: 'file_read', args: { path: 'b.txt' } }],
  })
})

describe('a draft is not ready', () => {
  it.each<[string, Partial<RoutineDraft>, string]>([
    ['without a name', { name: '' }, unready.name],
    ['with a name that is none', { name: 'Nightly run' }, unready.name],
    ['without a pattern', { cron: ' ' }, unready.pattern],
    ['with an interval under a minute', { kind: 'interval', unit: 'minutes', amount: '0.5' }, unready.amount],
    ['with an interval over a month', { kind: 'interval', unit: 'days', amount: '32' }, unready.amount],
    ['with an interval that is no number', { kind: 'interval', amount: 'often' }, unready.amount],
    ['without a tool', { calls: [emptyCall(0)] }, unready.calls],
    ['without an argument that is needed', { calls: [{ ...call, fields: {} }] }, unready.call(1, 'path is needed.')],
    [
      'with arguments that are no object',
      { calls: [call, { ...call, id: 1, byHand: true, json: '[]' }] },
      unready.json(2),
    ],
    ['with too much lateness', { jitter: '3601' }, unready.jitter],
    ['with lateness that is no number', { jitter: 'soon' }, unready.jitter],
  ])('%s', (_, part, why) => {
    expect(draftProblem({ ...draft, ...part }, schemas)).toBe(why)
  })
})

test.each([
  ['interval of 90 minutes', { kind: 'interval', unit: 'minutes', amount: '90' }, { everySeconds: 5400 }],
  ['interval of half a day', { kind: 'interval', unit: 'days', amount: '0.5' }, { everySeconds: 43_200 }],
  ['pattern with blanks around it', { cron: ' 5 4 * * * ' }, { cron: '5 4 * * *', timezone: 'Europe/Berlin' }],
] as const)('an %s', (_, part, schedule) => {
  expect(scheduleOf({ ...draft, ...part })).toEqual(schedule)
})

test.each([
  ['disk_usage', true],
  ['routine_list', true],
  ['routine_add', false],
  ['watcher_remove', false],
  ['undo_apply', false],
  ['undo_preview', true],
  ['capability_mint', false],
])('whether a routine may call %s: %s', (tool, fit) => {
  expect(isFit(tool)).toBe(fit)
})
