import { z } from 'zod'
import { ChatId, ServerFrame } from '../chat.ts'
import { ChatHit, ChatMessage } from '../conversations.ts'
import { AgentName } from '../ids.ts'
import { ByChat } from './chats.ts'
import { defineOperation } from './operation.ts'
import { PageQuery, pageOf } from './page.ts'

/** Longest that a request waits for its turn, in seconds. */
export const MAX_TURN_WAIT_S = 300

const Said = {
  text: z.string().trim().min(1, 'must not be empty').max(32_768, 'must be at most 32768 characters'),
  /** Whom a chat that begins belongs to. */
  agent: AgentName.optional(),
}
const params = { chat_id: 'main' }

/** What became of one message. */
export const TurnAnswer = z.strictObject({
  chat_id: ChatId,
  /** The message’s own `seq`. */
  seq: z.int().min(1),
  /** `running` and `waiting` (for an approval): the time was up, and the turn goes on; `followChat` tells the rest. */
  state: z.enum(['done', 'failed', 'running', 'waiting']),
  /** The agent's words so far. */
  text: z.string(),
  /** Everything the turn said, in order; text deltas that follow each other come as one. */
  frames: z.array(ServerFrame),
})
export type TurnAnswer = z.infer<typeof TurnAnswer>

export const sendMessage = defineOperation({
  id: 'sendMessage',
  method: 'POST',
  path: '/api/v1/chats/{chat_id}/messages',
  tag: 'messages',
  summary: 'Say something, and follow the answer elsewhere',
  description:
    'Answers when the message is on disk, while the turn runs. `followChat` with `Last-Event-ID` set to `seq` tells the rest.',
  scope: 'chat',
  params: ByChat,
  body: z.strictObject(Said),
  status: 202,
  answer: z.strictObject({ chat_id: ChatId, seq: z.int().min(1) }),
  creates: true,
  errors: ['turn_in_progress', 'busy', 'conflict', 'not_found', 'conversations_unwritable'],
  example: { params, body: { text: 'How full are my disks?' }, answer: { chat_id: 'main', seq: 1 } },
})

export const runTurn = defineOperation({
  id: 'runTurn',
  method: 'POST',
  path: '/api/v1/chats/{chat_id}/turns',
  tag: 'messages',
  summary: 'Say something, and wait for the answer',
  description:
    'Answers with the whole turn. After `wait_s`, or when it needs an approval, it answers with what there is, and the turn goes on. ' +
    'A client that goes away does not stop it; `abortTurn` does.',
  scope: 'chat',
  params: ByChat,
  body: z.strictObject({ ...Said, wait_s: z.int().min(0).max(MAX_TURN_WAIT_S).default(120) }),
  status: 200,
  answer: TurnAnswer,
  creates: true,
  errors: ['turn_in_progress', 'busy', 'conflict', 'not_found', 'conversations_unwritable'],
  example: {
    params,
    body: { text: 'Hello' },
    answer: {
      ...{ chat_id: 'main', seq: 1, state: 'done', text: 'Hello.' },
      frames: [
        { type: 'text', text: 'Hello.', chat_id: 'main', seq: 2 },
        { type: 'done', chat_id: 'main', seq: 3 },
      ],
    },
  },
})

export const abortTurn = defineOperation({
  id: 'abortTurn',
  method: 'POST',
  path: '/api/v1/chats/{chat_id}/abort',
  tag: 'messages',
  summary: 'Stop the running turn',
  scope: 'chat',
  params: ByChat,
  status: 200,
  answer: z.strictObject({ aborted: z.boolean() }),
  errors: [],
  example: { params, answer: { aborted: true } },
})

export const listMessages = defineOperation({
  id: 'listMessages',
  method: 'GET',
  path: '/api/v1/chats/{chat_id}/messages',
  tag: 'messages',
  summary: 'What was said in a chat, newest first',
  description: 'Words and results without what went on around them; `getTranscript` has everything.',
  scope: 'chat',
  params: ByChat,
  query: PageQuery,
  status: 200,
  answer: pageOf(ChatMessage),
  errors: ['not_found'],
  example: {
    params,
    query: {},
    answer: {
      items: [{ seq: 1, at: '2026-11-21T03:05:00.000Z', role: 'person', text: 'How full are my disks?' }],
      next_cursor: null,
    },
  },
})

export const searchMessages = defineOperation({
  id: 'searchMessages',
  method: 'GET',
  path: '/api/v1/messages',
  tag: 'messages',
  summary: 'Find words in all chats, newest first',
  description:
    'Finds messages that have every word, or words that begin so. What tools returned is searched by its summary.',
  scope: 'chat',
  query: PageQuery.extend({
    q: z.string().trim().min(1).max(400),
    chat_id: ChatId.optional(),
    agent: AgentName.optional(),
  }),
  status: 200,
  answer: pageOf(ChatHit),
  errors: [],
  example: {
    query: { q: 'disks' },
    answer: {
      items: [
        {
          ...{ chat_id: 'main', title: null, agent: 'main', seq: 1, at: '2026-11-21T03:05:00.000Z', role: 'person' },
          excerpt: 'How full are my «disks»?',
        },
      ],
      next_cursor: null,
    },
  },
})
