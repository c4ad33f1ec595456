import { z } from 'zod'
import { CallOutcome } from '../calls.ts'
import { ErrorEnvelope } from '../errors.ts'
import { AgentName, ApprovalId, CallId, SessionId, Timestamp, ToolName } from '../ids.ts'
import { SessionMode } from '../sessions.ts'
import { defineOperation } from './operation.ts'
import { PageQuery, pageOf } from './page.ts'

/** Longest that a question about a call or an approval is held, in seconds. */
export const MAX_WAIT_SECONDS = 25

/** How long to hold the answer for something to change, in seconds. */
export const WaitSeconds = z.coerce.number<number | string>().min(0).max(MAX_WAIT_SECONDS)

/** `waiting`: for a person. `done`: it ran, and `outcome` says how that went. `refused`: it did not run, and `error` says why. */
export const CallState = z.enum(['running', 'waiting', 'done', 'refused'])
export type CallState = z.infer<typeof CallState>

/** One call of a tool, as the gateway follows it. */
export const Call = z.strictObject({
  call_id: CallId,
  state: CallState,
  agent: AgentName,
  session: SessionId,
  tool: z.string(),
  args: z.record(z.string(), z.unknown()),
  /** Of the question to a person, where there is or was one. */
  approval_id: ApprovalId.nullable(),
  created_at: Timestamp,
  ended_at: Timestamp.nullable(),
  outcome: CallOutcome.nullable(),
  error: ErrorEnvelope.nullable(),
})
export type Call = z.infer<typeof Call>

export const CallPage = pageOf(Call)

export const CallCreation = z.strictObject({
  tool: ToolName,
  args: z.record(z.string(), z.unknown()).default({}),
  /** Whom policy takes it to come from: an agent of agents.json. Without it the token's own, or the default one. */
  agent: AgentName.optional(),
  /** Chosen by the caller, so that it can be told apart in the ledger; made up where it is absent. */
  call_id: CallId.optional(),
  /** A mode to hold this call to; it can only narrow. */
  mode: SessionMode.optional(),
  /** How long to hold the answer for the call to end, in seconds. */
  wait: z.number().min(0).max(MAX_WAIT_SECONDS).default(MAX_WAIT_SECONDS),
})

const done = {
  call_id: 'call_l7XhJ0f3T3m4Yz1Q',
  state: 'done',
  agent: 'main',
  session: 'ses_0aYt3Q2hB9mWkqzP',
  tool: 'disk_usage',
  args: {},
  approval_id: null,
  created_at: '2026-11-21T03:00:00.000Z',
  ended_at: '2026-11-21T03:00:00.012Z',
  outcome: {
    status: 'done',
    call_id: 'call_l7XhJ0f3T3m4Yz1Q',
    tool: 'disk_usage',
    ok: true,
    result: { filesystems: [{ mount: '/', usedPercent: 42 }] },
    summary: '/ is 42 % full.',
    ledger_index: 117,
    duration_ms: 9,
  },
  error: null,
}

const waiting = {
  ...done,
  state: 'waiting',
  tool: 'service_restart',
  args: { unit: 'nginx.service' },
  approval_id: 'apr_9mWkqzP0aYt3Q2hB',
  ended_at: null,
  outcome: null,
}

export const createCall = defineOperation({
  id: 'createCall',
  method: 'POST',
  path: '/api/v1/calls',
  tag: 'calls',
  summary: 'Call a tool',
  description:
    'Policy decides about the call, and it is on record before it runs. Where it needs a person’s yes, the answer has the ' +
    'state `waiting`; the gateway goes on with it by itself once that is given. The answer is held for `wait` seconds, or ' +
    'until the call ends or waits. A call that is refused at once is an ordinary refusal; one that is refused later has ' +
    'the state `refused`.',
  scope: 'operate',
  body: CallCreation,
  status: 201,
  answer: Call,
  creates: true,
  errors: [
    'unknown_tool',
    'not_found',
    'invalid_arguments',
    'policy_denied',
    'duplicate_call',
    'budget_exceeded',
    'agents_frozen',
    'busy',
    'ledger_unavailable',
    'ledger_damaged',
    'clock_jumped',
    'agentd_unavailable',
    'shutting_down',
  ],
  example: { body: { tool: 'disk_usage', args: {} }, answer: done },
})

export const listCalls = defineOperation({
  id: 'listCalls',
  method: 'GET',
  path: '/api/v1/calls',
  tag: 'calls',
  summary: 'The calls made through this API, newest first',
  description:
    'As far as the gateway remembers them: the newest 256 since it started. The ledger has every call there ever was. A ' +
    'token sees the calls that were made with it, and one with the scope admin those of all.',
  scope: 'read',
  query: PageQuery.extend({ state: CallState.optional() }),
  status: 200,
  answer: CallPage,
  errors: [],
  example: { query: { state: 'waiting' }, answer: { items: [waiting], next_cursor: null } },
})

const params = z.strictObject({ call_id: CallId })

export const getCall = defineOperation({
  id: 'getCall',
  method: 'GET',
  path: '/api/v1/calls/{call_id}',
  tag: 'calls',
  summary: 'Where a call stands',
  description: 'With `wait` the answer is held until the call ends, or that many seconds.',
  scope: 'read',
  params,
  query: z.strictObject({ wait: WaitSeconds.default(0) }),
  status: 200,
  answer: Call,
  errors: ['not_found'],
  example: { params: { call_id: 'call_l7XhJ0f3T3m4Yz1Q' }, query: { wait: 25 }, answer: done },
})

export const cancelCall = defineOperation({
  id: 'cancelCall',
  method: 'DELETE',
  path: '/api/v1/calls/{call_id}',
  tag: 'calls',
  summary: 'Stop a call',
  description:
    'A call that waits for a person is withdrawn; the tool of one that runs is told to stop, and what it did until then is ' +
    'in the ledger. A call that has ended stays as it is.',
  scope: 'operate',
  params,
  status: 200,
  answer: Call,
  errors: ['not_found'],
  example: {
    params: { call_id: 'call_l7XhJ0f3T3m4Yz1Q' },
    answer: {
      ...waiting,
      state: 'refused',
      ended_at: '2026-11-21T03:00:04.000Z',
      error: { code: 'cancelled', message: 'Stopped while the call waited for approval; nothing was done.' },
    },
  },
})
