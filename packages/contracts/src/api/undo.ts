import { z } from 'zod'
import { AgentName, LedgerIndex } from '../ids.ts'
import { Call, MAX_WAIT_SECONDS } from './calls.ts'
import { defineOperation } from './operation.ts'

export const UndoCreation = z.strictObject({
  /** Ledger number of the act: of its intent or its outcome. */
  index: LedgerIndex,
  /** As of a call. */
  agent: AgentName.optional(),
  /** How long to hold the answer for the call to end, in seconds. */
  wait: z.number().min(0).max(MAX_WAIT_SECONDS).default(MAX_WAIT_SECONDS),
})

export const createUndo = defineOperation({
  id: 'createUndo',
  method: 'POST',
  path: '/api/v1/undo',
  tag: 'undo',
  summary: 'Take an act back',
  description:
    'A call of `undo_apply`, with all that goes for calls: policy decides, a person may be asked, and it can itself be ' +
    'undone. `previewUndo` says what it would do. To insist where the world has moved on is the operator’s alone, on the ' +
    'machine: `agentctl undo NUMBER --force`.',
  scope: 'operate',
  body: UndoCreation,
  status: 201,
  answer: Call,
  creates: true,
  errors: [
    'not_found',
    'policy_denied',
    'budget_exceeded',
    'agents_frozen',
    'busy',
    'ledger_unavailable',
    'ledger_damaged',
    'clock_jumped',
    'agentd_unavailable',
    'shutting_down',
  ],
  example: {
    body: { index: 117 },
    answer: {
      call_id: 'call_l7XhJ0f3T3m4Yz1Q',
      state: 'waiting',
      agent: 'main',
      session: 'ses_0aYt3Q2hB9mWkqzP',
      tool: 'undo_apply',
      args: { index: 117 },
      approval_id: 'apr_9mWkqzP0aYt3Q2hB',
      created_at: '2026-11-21T03:00:00.000Z',
      ended_at: null,
      outcome: null,
      error: null,
    },
  },
})

/** What taking an act back would do now, as the tool `undo_preview` says. */
export const UndoPreview = z.strictObject({
  /** Of the entry that closes the act. */
  index: LedgerIndex,
  tool: z.string(),
  interrupted: z.boolean(),
  possible: z.boolean(),
  /** Whether the operator could insist where it is not. */
  forcible: z.boolean(),
  obstacle: z.strictObject({ code: z.string(), message: z.string() }).nullable(),
  effects: z.array(z.string()),
  diff: z.string().nullable(),
  undo: z.string(),
})
export type UndoPreview = z.infer<typeof UndoPreview>

export const previewUndo = defineOperation({
  id: 'previewUndo',
  method: 'GET',
  path: '/api/v1/undo/{index}',
  tag: 'undo',
  summary: 'What taking an act back would do',
  description: 'Changes nothing.',
  scope: 'operate',
  params: z.strictObject({
    index: z
      .string()
      .regex(/^\d{1,15}$/, 'must be a ledger number, counted from 0')
      .transform(Number)
      .pipe(LedgerIndex),
  }),
  status: 200,
  answer: UndoPreview,
  errors: [
    'not_found',
    'not_undoable',
    'already_undone',
    'policy_denied',
    'payload_erased',
    'budget_exceeded',
    'agents_frozen',
    'unsupported_host',
    'deadline_exceeded',
    'ledger_unavailable',
    'ledger_damaged',
    'agentd_unavailable',
  ],
  example: {
    params: { index: '117' },
    answer: {
      index: 117,
      tool: 'file_write',
      interrupted: false,
      possible: true,
      forcible: false,
      obstacle: null,
      effects: ['notes.txt is written back as it was.'],
      diff: null,
      undo: 'Undoing is an act of its own and can be undone.',
    },
  },
})
