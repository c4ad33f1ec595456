import { z } from 'zod'
import { ChatId, ServerFrame, Transcript } from '../chat.ts'
import { ChatTitle, ChatUsage, ChatView } from '../conversations.ts'
import { AgentName } from '../ids.ts'
import { ChatMode } from '../sessions.ts'
import { defineOperation } from './operation.ts'
import { PageQuery, pageOf } from './page.ts'

export const ByChat = z.strictObject({ chat_id: ChatId })

const params = { chat_id: 'main' }
const example = {
  chat_id: 'main',
  title: 'Disks',
  agent: 'main',
  created_at: '2026-11-21T03:00:00.000Z',
  updated_at: '2026-11-21T03:05:00.000Z',
  last_seq: 12,
  running: false,
  mode: null,
}

export const listChats = defineOperation({
  id: 'listChats',
  method: 'GET',
  path: '/api/v1/chats',
  tag: 'chats',
  summary: 'The chats, the one last used first',
  scope: 'chat',
  query: PageQuery.extend({ agent: AgentName.optional() }),
  status: 200,
  answer: pageOf(ChatView),
  errors: [],
  example: { query: {}, answer: { items: [example], next_cursor: null } },
})

export const createChat = defineOperation({
  id: 'createChat',
  method: 'POST',
  path: '/api/v1/chats',
  tag: 'chats',
  summary: 'Begin a chat',
  description: 'Saying something in a chat that is not there begins it as well.',
  scope: 'chat',
  body: z.strictObject({
    /** A fresh one without it. */
    chat_id: ChatId.optional(),
    title: ChatTitle.optional(),
    /** The default agent without it. */
    agent: AgentName.optional(),
  }),
  status: 201,
  answer: ChatView,
  creates: true,
  errors: ['already_exists', 'not_found', 'conversations_unwritable'],
  example: {
    body: { chat_id: 'main', title: 'Disks' },
    answer: { ...example, updated_at: example.created_at, last_seq: 0 },
  },
})

export const getChat = defineOperation({
  id: 'getChat',
  method: 'GET',
  path: '/api/v1/chats/{chat_id}',
  tag: 'chats',
  summary: 'One chat',
  scope: 'chat',
  params: ByChat,
  status: 200,
  answer: ChatView,
  errors: ['not_found'],
  example: { params, answer: example },
})

export const renameChat = defineOperation({
  id: 'renameChat',
  method: 'PATCH',
  path: '/api/v1/chats/{chat_id}',
  tag: 'chats',
  summary: 'Rename a chat',
  description: 'Changes its title; the id stays. `null` takes the title away.',
  scope: 'chat',
  params: ByChat,
  body: z.strictObject({ title: ChatTitle.nullable() }),
  status: 200,
  answer: ChatView,
  errors: ['not_found', 'conversations_unwritable'],
  example: { params, body: { title: 'Disks' }, answer: example },
})

export const deleteChat = defineOperation({
  id: 'deleteChat',
  method: 'DELETE',
  path: '/api/v1/chats/{chat_id}',
  tag: 'chats',
  summary: 'Delete a chat for good',
  description:
    'What was said is overwritten in the database and cut off its log, and so is what insights hold of it. The ledger keeps the calls ' +
    'that were made, and memory what was stored.',
  scope: 'operate',
  params: ByChat,
  status: 204,
  errors: ['not_found', 'turn_in_progress', 'conversations_unwritable'],
  example: { params },
})

export const renewChat = defineOperation({
  id: 'renewChat',
  method: 'POST',
  path: '/api/v1/chats/{chat_id}/renew',
  tag: 'chats',
  summary: 'Take up the agent as it is now',
  description:
    'A chat keeps the prompt, engine and credential that its agent had when the chat was first used since the gateway started. ' +
    'From its next message on, this one goes by what agents.json says now.',
  scope: 'chat',
  params: ByChat,
  status: 200,
  answer: ChatView,
  errors: ['not_found'],
  example: { params, answer: example },
})

export const setChatMode = defineOperation({
  id: 'setChatMode',
  method: 'PUT',
  path: '/api/v1/chats/{chat_id}/mode',
  tag: 'chats',
  summary: 'Hold a chat to a mode',
  description:
    'From its next call on, the chat’s calls are held to this mode beside that of its session: both have to let a call through, so that ' +
    'this only ever narrows what the agent may. `null` holds it to nothing more than its session’s mode, which only the operator sets.',
  scope: 'operate',
  params: ByChat,
  body: z.strictObject({ mode: ChatMode.nullable() }),
  status: 200,
  answer: ChatView,
  errors: ['not_found', 'busy', 'conversations_unwritable'],
  example: { params, body: { mode: 'observe' }, answer: { ...example, mode: 'observe' } },
})

export const getChatUsage = defineOperation({
  id: 'getChatUsage',
  method: 'GET',
  path: '/api/v1/chats/{chat_id}/usage',
  tag: 'chats',
  summary: 'What the models of a chat used',
  description: 'Sums of the `usage` frames of all its turns. The built-in model counts nothing.',
  scope: 'chat',
  params: ByChat,
  status: 200,
  answer: ChatUsage,
  errors: ['not_found'],
  example: {
    params,
    answer: {
      ...{ chat_id: 'main', turns: 2, prompt_tokens: 5210, cached_tokens: 4096, output_tokens: 312 },
      ...{ cost: 0.0124, uncounted: 0, unpriced: 0 },
    },
  },
})

export const getTranscript = defineOperation({
  id: 'getTranscript',
  method: 'GET',
  path: '/api/v1/chats/{chat_id}/transcript',
  tag: 'chats',
  summary: 'What a chat said after a point',
  description:
    'The frames of the chat socket, as the page shows them; text deltas that follow each other come as one. A chat that was never ' +
    'used answers with nothing.',
  scope: 'chat',
  params: ByChat,
  query: z.strictObject({
    /** Only frames with a higher `seq`. */
    after: z.coerce.number<number | string>().int().min(0).default(0),
    /** Only frames with a lower `seq`: the page of a transcript before one that was read. */
    before: z.coerce.number<number | string>().int().min(1).optional(),
    /** The most entries. */
    limit: z.coerce.number<number | string>().int().min(1).max(2000).default(1000),
    /** `newest` leaves out the oldest where there are more; `oldest` the newest, which the next request gets. */
    keep: z.enum(['newest', 'oldest']).default('newest'),
  }),
  status: 200,
  answer: Transcript,
  errors: [],
  example: {
    params,
    query: { after: '11' },
    answer: {
      ...{ chat_id: 'main', running: false, last_seq: 12, forgotten: 0, more: false },
      entries: [{ at: '2026-11-21T03:05:00.000Z', frame: { type: 'done', chat_id: 'main', seq: 12 } }],
    },
  },
})

export const followChat = defineOperation({
  id: 'followChat',
  method: 'GET',
  path: '/api/v1/chats/{chat_id}/events',
  tag: 'chats',
  summary: 'Follow a chat as server-sent events',
  description:
    'Replays what the transcript has after `Last-Event-ID` (a `seq`; `after` says the same in the address), then goes on live. Each ' +
    'event is named after its frame; its id is the `seq`. Statuses have no id. A reader that is slow gets text in larger pieces, ' +
    'and misses nothing. A comment every 15 s keeps the connection open. Without either, the whole chat is replayed.',
  scope: 'chat',
  params: ByChat,
  query: z.strictObject({ after: z.coerce.number<number | string>().int().min(0).optional() }),
  status: 200,
  content: 'text/event-stream',
  event: ServerFrame,
  errors: ['invalid_request', 'too_many_sessions'],
  example: {
    params,
    query: {},
    answer: 'id: 12\nevent: done\ndata: {"type":"done","chat_id":"main","seq":12}\n\n',
  },
})

export const exportMarkdown = defineOperation({
  id: 'exportMarkdown',
  method: 'GET',
  path: '/api/v1/chats/{chat_id}/export/markdown',
  tag: 'chats',
  summary: 'A chat as a page to read',
  scope: 'chat',
  params: ByChat,
  status: 200,
  content: 'text/markdown',
  errors: ['not_found'],
  example: { params, answer: '# Disks\n\n**You** (2026-11-21 03:05)\n\nHow full are my disks?\n' },
})

export const exportJson = defineOperation({
  id: 'exportJson',
  method: 'GET',
  path: '/api/v1/chats/{chat_id}/export/json',
  tag: 'chats',
  summary: 'A chat as JSON, one value a line',
  description: 'The first line describes the chat; each further one is an entry of the transcript: `at` and `frame`.',
  scope: 'chat',
  params: ByChat,
  status: 200,
  content: 'application/x-ndjson',
  errors: ['not_found'],
  example: {
    params,
    answer: `${JSON.stringify(example)}\n{"at":"2026-11-21T03:05:00.000Z","frame":{"type":"done","chat_id":"main","seq":12}}\n`,
  },
})
