import { z } from 'zod'
import { LedgerIndex, Timestamp } from '../ids.ts'
import { LedgerHead, LedgerQuery, LedgerRecord, LedgerState } from '../ledger.ts'
import { LedgerVerification } from '../ledger-verification.ts'
import { defineOperation } from './operation.ts'
import { PageQuery, pageOf } from './page.ts'

const head = {
  origin: 'castellan.example.org/ledger',
  size: 118,
  root: '2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae',
  checkpoint:
    'castellan.example.org/ledger\n118\nLCa0a2j/xo/5m0U8HTBBNBNCLXBkg7+g+YpeiGJm564=\n\n— castellan.example.org/ledger c2lnbmVk\n',
  vkey: 'castellan.example.org/ledger+c2lnbmVk+dmtleQ==',
}

export const getLedgerHead = defineOperation({
  id: 'getLedgerHead',
  method: 'GET',
  path: '/api/v1/ledger/head',
  tag: 'ledger',
  summary: 'The newest signed tree head',
  scope: 'read',
  status: 200,
  answer: LedgerHead,
  errors: ['ledger_unavailable', 'ledger_damaged', 'agentd_unavailable'],
  example: { answer: head },
})

const record = {
  entry: {
    v: 1,
    index: 117,
    time: 1_795_230_000_012,
    prev: head.root,
    type: 'outcome',
    actor: { kind: 'agent', name: 'main' },
    session: 'ses_0aYt3Q2hB9mWkqzP',
    call_id: 'call_l7XhJ0f3T3m4Yz1Q',
    tool: 'disk_usage',
    effect: 'read',
    intent: 116,
    ok: true,
    duration_ms: 9,
  },
  payload_state: 'present',
} as const

const { before: _, limit: __, ...filters } = LedgerQuery.shape

export const LedgerRecordPage = pageOf(LedgerRecord)

export const listLedgerEntries = defineOperation({
  id: 'listLedgerEntries',
  method: 'GET',
  path: '/api/v1/ledger/entries',
  tag: 'ledger',
  summary: 'Entries of the ledger, newest first',
  description:
    'Filters narrow: an entry has to meet all that are given. `since` and `until` are milliseconds since 1970, both ' +
    'included; `text` looks through what is not secret. What was in a call stays with the operator: `payload_state` says ' +
    'whether it is there.',
  scope: 'read',
  query: PageQuery.extend(filters),
  status: 200,
  answer: LedgerRecordPage,
  errors: ['ledger_unavailable', 'ledger_damaged', 'agentd_unavailable'],
  example: {
    query: { tool: 'disk_usage', limit: 10 },
    answer: { items: [record], next_cursor: 'NzY' },
  },
})

/** A ledger number in an address. */
const params = z.strictObject({
  index: z
    .string()
    .regex(/^\d{1,15}$/, 'must be a ledger number, counted from 0')
    .transform(Number)
    .pipe(LedgerIndex),
})

export const getLedgerEntry = defineOperation({
  id: 'getLedgerEntry',
  method: 'GET',
  path: '/api/v1/ledger/entries/{index}',
  tag: 'ledger',
  summary: 'One entry',
  scope: 'read',
  params,
  status: 200,
  answer: LedgerRecord,
  errors: ['not_found', 'ledger_unavailable', 'ledger_damaged', 'agentd_unavailable'],
  example: { params: { index: '117' }, answer: record },
})

export const getLedgerProof = defineOperation({
  id: 'getLedgerProof',
  method: 'GET',
  path: '/api/v1/ledger/entries/{index}/proof',
  tag: 'ledger',
  summary: 'The proof that an entry is in the ledger',
  description:
    'A C2SP tlog-proof file, which stands alone: any machine checks it with the log’s key and nothing else, as ' +
    '`agentctl verify-ledger --proof FILE` does.',
  scope: 'read',
  params,
  status: 200,
  content: 'text/plain',
  errors: ['not_found', 'ledger_unavailable', 'ledger_damaged', 'agentd_unavailable'],
  example: { params: { index: '117' } },
})

/** What checking the ledger through the gateway came to. */
export const LedgerCheck = z.strictObject({
  /** Whether agentd finds its ledger in order, the head’s signature holds, and the newest entry is in the signed tree. */
  ok: z.boolean(),
  checked_at: Timestamp,
  /** What agentd says of its ledger. */
  state: LedgerState,
  size: z.int().min(0),
  root: LedgerHead.shape.root,
  checks: z.array(
    z.strictObject({
      check: z.enum(['state', 'signature', 'newest_entry']),
      ok: z.boolean(),
      /** What was found, one sentence. */
      message: z.string(),
    }),
  ),
})
export type LedgerCheck = z.infer<typeof LedgerCheck>

export const checkLedger = defineOperation({
  id: 'checkLedger',
  method: 'GET',
  path: '/api/v1/ledger/check',
  tag: 'ledger',
  summary: 'Whether the ledger holds, as far as can be seen from here',
  description:
    'The gateway itself checks the head’s signature and the proof of the newest entry against the key that agentd names. ' +
    'It cannot see whether agentd shows everyone the same ledger; `agentctl verify-ledger` reads all of it, offline.',
  scope: 'read',
  status: 200,
  answer: LedgerCheck,
  errors: ['ledger_unavailable', 'ledger_damaged', 'agentd_unavailable'],
  example: {
    answer: {
      ok: true,
      checked_at: '2026-11-21T03:00:00.000Z',
      state: { state: 'ok', size: 118 },
      size: 118,
      root: head.root,
      checks: [
        { check: 'state', ok: true, message: 'agentd finds its ledger in order.' },
        { check: 'signature', ok: true, message: 'The head of 118 entries is signed by the log’s key.' },
        { check: 'newest_entry', ok: true, message: 'Entry 117 is in the tree that the head signs.' },
      ],
    },
  },
})

export const verifyLedger = defineOperation({
  id: 'verifyLedger',
  method: 'GET',
  path: '/api/v1/ledger/verification',
  tag: 'ledger',
  summary: 'Verify the whole ledger, as server-sent events',
  description:
    'agentd reads every entry anew: hashes, chain, tree, signatures, high-water mark. A `progress` says now and then how many of all ' +
    'entries are checked, and the `verdict` what came of it. Closing the connection ends it. One at a time; a second is `rate_limited`.',
  scope: 'read',
  status: 200,
  content: 'text/event-stream',
  event: LedgerVerification,
  errors: ['rate_limited', 'ledger_unavailable', 'agentd_unavailable'],
  example: { answer: 'event: progress\ndata: {"type":"progress","checked":51200,"of":118000}\n\n' },
})
