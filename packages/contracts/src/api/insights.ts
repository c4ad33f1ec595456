import { z } from 'zod'
import { ChatId } from '../chat.ts'
import { EngineKind } from '../engines.ts'
import { AgentName, Timestamp } from '../ids.ts'
import { Insight, InsightSummary } from '../insights.ts'
import { defineOperation } from './operation.ts'
import { PageQuery, pageOf } from './page.ts'

const example = {
  insight_id: 7,
  at: '2026-11-21T03:05:00.000Z',
  chat_id: 'main',
  seq: 12,
  agent: 'main',
  engine: 'anthropic',
  model: 'claude-sonnet-4-5',
  url: 'https://api.anthropic.com/v1/messages',
  credential: 'crd_8hJ2kLmN4pQr',
  status: 200,
  duration_ms: 812.4,
  request_bytes: 2210,
  response_bytes: 512,
  problem: null,
  left: true,
  taken_out: [],
  ledger_index: 118,
  prompt_tokens: 412,
  output_tokens: 96,
  cost: 0.0027,
}

export const listInsights = defineOperation({
  id: 'listInsights',
  method: 'GET',
  path: '/api/v1/insights',
  tag: 'insights',
  summary: 'What was sent to models, newest first',
  description:
    'One line for each exchange with a model. `q` finds those whose request or answer has every word. `kept_since` tells how far ' +
    'back the log goes: older ones were dropped by age or for room.',
  scope: 'admin',
  ofOneAgent: true,
  query: PageQuery.extend({
    q: z.string().trim().min(1).max(400).optional(),
    chat_id: ChatId.optional(),
    engine: EngineKind.optional(),
    /** Only those that went wrong, or only those that did not. */
    failed: z.stringbool().optional(),
  }),
  status: 200,
  answer: pageOf(InsightSummary).extend({
    /** Null while nothing is kept. */
    kept_since: Timestamp.nullable(),
    /** How many were dropped by age or for room since the log began. */
    dropped: z.int().min(0),
  }),
  errors: [],
  example: { query: {}, answer: { items: [example], next_cursor: null, kept_since: example.at, dropped: 0 } },
})

export const getInsight = defineOperation({
  id: 'getInsight',
  method: 'GET',
  path: '/api/v1/insights/{insight_id}',
  tag: 'insights',
  summary: 'One exchange: exactly what was sent, and what came back',
  description: 'Secrets are taken out before it is written. Each side is cut at 1 MiB, and says how much was cut.',
  scope: 'admin',
  ofOneAgent: true,
  params: z.strictObject({ insight_id: z.coerce.number<number | string>().int().min(1) }),
  status: 200,
  answer: Insight,
  errors: ['not_found'],
  example: {
    params: { insight_id: '7' },
    answer: {
      ...example,
      request_line: 'POST /v1/messages HTTP/1.1',
      request_headers: [['x-api-key', '[secret]']],
      request: '{"model":"…"}',
      response_headers: [['content-type', 'text/event-stream']],
      response: '…',
      ...{ request_cut: 0, response_cut: 0, redactions: 0 },
    },
  },
})

export const deleteInsights = defineOperation({
  id: 'deleteInsights',
  method: 'DELETE',
  path: '/api/v1/insights',
  tag: 'insights',
  summary: 'Delete what is kept, for good',
  scope: 'admin',
  ofOneAgent: true,
  query: z.strictObject({
    agent: AgentName.optional(),
    chat_id: ChatId.optional(),
    /** Only exchanges from before this time. */
    before: Timestamp.optional(),
  }),
  status: 200,
  answer: z.strictObject({ deleted: z.int().min(0) }),
  errors: ['conversations_unwritable'],
  example: { query: { chat_id: 'main' }, answer: { deleted: 3 } },
})
