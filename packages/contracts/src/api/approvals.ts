import { z } from 'zod'
import { Approval, ApprovalState, ApprovalVerdict } from '../approvals.ts'
import { ApprovalId, OperatorKeyId } from '../ids.ts'
import { PasskeyAssertion } from '../operators.ts'
import { WaitSeconds } from './calls.ts'
import { defineOperation } from './operation.ts'
import { PageQuery, pageOf } from './page.ts'

/** A question to a person, with the exact texts that an operator key signs to answer it. */
export const ApprovalQuestion = Approval.extend({
  signing: z.strictObject({
    approve: z.string(),
    deny: z.string(),
    /** Only where there is a standing rule to sign. */
    always: z.string().optional(),
  }),
})
export type ApprovalQuestion = z.infer<typeof ApprovalQuestion>

export const ApprovalPage = pageOf(ApprovalQuestion)

const DIGEST = '2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae'
const text = (verdict: string) =>
  [
    'castellan approval v1',
    verdict,
    'apr_9mWkqzP0aYt3Q2hB',
    'service_restart',
    DIGEST,
    'main',
    'ses_0aYt3Q2hB9mWkqzP',
    'call_l7XhJ0f3T3m4Yz1Q',
    DIGEST,
    '2026-11-21T03:10:00.000Z',
    'bm9uY2U',
    '',
  ].join('\n')

const pending = {
  approval_id: 'apr_9mWkqzP0aYt3Q2hB',
  state: 'pending',
  call_id: 'call_l7XhJ0f3T3m4Yz1Q',
  session: 'ses_0aYt3Q2hB9mWkqzP',
  agent: 'main',
  tool: 'service_restart',
  effect: 'change',
  args: { unit: 'nginx.service' },
  reason: 'Restarting a service interrupts it.',
  ahead: false,
  taint: [],
  preview: { effects: ['nginx.service stops and starts again.'], undo: 'Nothing to take back.' },
  always: { possible: false, reason: 'This question offers no standing rule.' },
  needed: 1,
  votes: [],
  binding: {
    args_digest: DIGEST,
    policy_digest: DIGEST,
    nonce: 'bm9uY2U',
    expires_at: '2026-11-21T03:10:00.000Z',
  },
  requested_at: '2026-11-21T03:00:00.000Z',
  signing: { approve: text('approve'), deny: text('deny') },
}

export const listApprovals = defineOperation({
  id: 'listApprovals',
  method: 'GET',
  path: '/api/v1/approvals',
  tag: 'approvals',
  summary: 'Questions to a person, newest first',
  scope: 'operate',
  query: PageQuery.extend({ state: ApprovalState.optional() }),
  status: 200,
  answer: ApprovalPage,
  errors: ['agentd_unavailable'],
  example: { query: { state: 'pending' }, answer: { items: [pending], next_cursor: null } },
})

const params = z.strictObject({ approval_id: ApprovalId })

export const getApproval = defineOperation({
  id: 'getApproval',
  method: 'GET',
  path: '/api/v1/approvals/{approval_id}',
  tag: 'approvals',
  summary: 'One question',
  description: 'With `wait` the answer is held until it is decided or has one more yes, or that many seconds.',
  scope: 'operate',
  params,
  query: z.strictObject({ wait: WaitSeconds.default(0) }),
  status: 200,
  answer: ApprovalQuestion,
  errors: ['approval_unknown', 'agentd_unavailable'],
  example: { params: { approval_id: 'apr_9mWkqzP0aYt3Q2hB' }, answer: pending },
})

/**
 * A person's word. The proof is an operator key's `signature` (Ed25519, base64) or a passkey's `assertion` over the text
 * in `signing`; whoever presents the owner's token needs neither, but for `always`.
 */
export const ApprovalWord = z.strictObject({
  verdict: ApprovalVerdict,
  key_id: OperatorKeyId.optional(),
  signature: z.base64().optional(),
  assertion: PasskeyAssertion.optional(),
})
export type ApprovalWord = z.infer<typeof ApprovalWord>

export const decideApproval = defineOperation({
  id: 'decideApproval',
  method: 'POST',
  path: '/api/v1/approvals/{approval_id}/decision',
  tag: 'approvals',
  summary: 'Say yes or no',
  description:
    'agentd judges the proof; the gateway only carries it. With the owner’s token the gateway makes the proof from that ' +
    'token. A token of a program proves nothing by itself: sign the text in `signing` with an operator key.',
  scope: 'operate',
  params,
  body: ApprovalWord,
  status: 200,
  answer: ApprovalQuestion,
  errors: [
    'approval_unknown',
    'approval_denied',
    'approval_expired',
    'approval_spent',
    'approval_withdrawn',
    'approval_stale',
    'approval_revoked',
    'approval_same_person',
    'approval_no_rule',
    'signature_invalid',
    'operator_unknown',
    'conflict',
    'agents_frozen',
    'ledger_unavailable',
    'ledger_damaged',
    'agentd_unavailable',
  ],
  example: {
    params: { approval_id: 'apr_9mWkqzP0aYt3Q2hB' },
    body: { verdict: 'approve', key_id: 'opk_hB9mWkqzP0aYt3Q2', signature: 'c2lnbmVk' },
    answer: {
      ...pending,
      state: 'approved',
      votes: [{ by: 'phone', person: 'owner', at: '2026-11-21T03:00:30.000Z' }],
      decided_at: '2026-11-21T03:00:30.000Z',
      decided_by: 'phone',
    },
  },
})
