import { z } from 'zod'
import { CallDecision } from '../decisions.ts'
import { CallId, LedgerIndex, ToolName } from '../ids.ts'
import { getLedgerEntry } from './ledger.ts'
import { defineOperation } from './operation.ts'

const DecidedCall = z.strictObject({ name: z.string(), args: z.record(z.string(), z.unknown()) })

const Recorded = CallDecision.omit({ prompt_digest: true })

/** What came out when the model on this machine decided the same thing again. */
export const Replay = z.strictObject({
  /** The entry that tells of the decision: the call's intent, or its refusal. */
  index: LedgerIndex,
  call_id: CallId,
  tool: ToolName,
  /** `impossible`: it could not be decided again, or not on the same grounds; `reason` and `message` say why. */
  verdict: z.enum(['same', 'different', 'impossible']),
  reason: z
    .enum([
      'no_decision',
      'not_kept',
      'kept_mismatch',
      'model_changed',
      'prompt_changed',
      'grammar_changed',
      'engine_failed',
    ])
    .optional(),
  message: z.string(),
  /** By the ledger. */
  recorded: Recorded.nullable(),
  /** What it was decided by this time; null where nothing was. */
  replayed: CallDecision.omit({ position: true }).nullable(),
  /** The calls of the answer as it was, and as it is now. */
  before: z.array(DecidedCall),
  now: z.array(DecidedCall),
})
export type Replay = z.infer<typeof Replay>

const digest = '2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae'
const recorded = { model_digest: digest, grammar_digest: digest, seed: 7, engine: 'castellan-engine 0.1.0' }

export const replayDecision = defineOperation({
  id: 'replayDecision',
  method: 'POST',
  path: '/api/v1/ledger/entries/{index}/replay',
  tag: 'ledger',
  summary: 'Decides a call once more',
  description:
    'Asks the model on this machine again for the decision behind a call, on the same grounds: model, prompt, grammar and seed. ' +
    'Nothing is called. The prompts of decisions are kept for a while and go with their chats, so an old one may be beyond ' +
    'replaying, and those of models elsewhere always are; the answer then says why. `index` is any entry of the call.',
  scope: 'admin',
  params: getLedgerEntry.params,
  status: 200,
  answer: Replay,
  errors: [
    'not_found',
    'engine_unavailable',
    'engine_loading',
    'engine_crashed',
    'engine_queue_full',
    'ledger_unavailable',
    'ledger_damaged',
    'agentd_unavailable',
    'conversations_unreadable',
  ],
  example: {
    params: { index: '116' },
    answer: {
      index: 116,
      call_id: 'call_l7XhJ0f3T3m4Yz1Q',
      tool: 'disk_usage',
      verdict: 'same',
      message: 'The model decides the same again: disk_usage {}.',
      recorded: { ...recorded, position: 0 },
      replayed: { ...recorded, prompt_digest: digest },
      before: [{ name: 'disk_usage', args: {} }],
      now: [{ name: 'disk_usage', args: {} }],
    },
  },
})
