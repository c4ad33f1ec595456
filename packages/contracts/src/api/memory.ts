import { z } from 'zod'
import { RecalledFact } from '../chat.ts'
import { Timestamp } from '../ids.ts'
import { defineOperation } from './operation.ts'
import { PageQuery, pageOf } from './page.ts'

export const MemoryFact = RecalledFact.extend({ tags: z.array(z.string()), expires_at: Timestamp.nullable() })
export type MemoryFact = z.infer<typeof MemoryFact>

const tags = z
  .string()
  .max(640)
  .optional()
  .transform((list) => list?.split(',').filter((tag) => tag !== '') ?? [])

const example = {
  id: 12,
  text: 'The NAS is backed up at two each night.',
  source: 'the owner said so',
  by: 'main',
  stored_at: '2026-11-20T03:00:00.000Z',
  confidence: 1,
  labels: [],
  tags: ['nas'],
  expires_at: null,
}

export const listMemory = defineOperation({
  id: 'listMemory',
  method: 'GET',
  path: '/api/v1/memory',
  tag: 'memory',
  summary: 'What agents remember, newest first',
  description:
    'A call of the tool `memory_list` in the caller’s name: policy and limits apply, and it is in the ledger. To store or forget ' +
    'something, call `memory_store` or `memory_forget`, which wait for an approval.',
  scope: 'chat',
  query: PageQuery.extend({
    /** Only facts with all of these, separated by commas. */
    tags,
  }),
  status: 200,
  answer: pageOf(MemoryFact),
  errors: ['policy_denied', 'agentd_unavailable', 'rate_limited'],
  example: { query: {}, answer: { items: [example], next_cursor: null } },
})

export const recallMemory = defineOperation({
  id: 'recallMemory',
  method: 'GET',
  path: '/api/v1/memory/recall',
  tag: 'memory',
  summary: 'What an agent would recall about something, best first',
  scope: 'chat',
  query: z.strictObject({
    about: z.string().trim().min(1).max(1000),
    tags,
    limit: z.coerce.number<number | string>().int().min(1).max(100).default(10),
  }),
  status: 200,
  answer: z.strictObject({ items: z.array(MemoryFact) }),
  errors: ['policy_denied', 'agentd_unavailable', 'rate_limited'],
  example: { query: { about: 'backup of the nas' }, answer: { items: [example] } },
})
