import { CastellanError, type ChatHit, type ChatMessage, type ServerFrame } from '@castellan/contracts'
import {
  abortTurn,
  listMessages,
  runTurn,
  searchMessages,
  sendMessage,
  type TurnAnswer,
} from '@castellan/contracts/api'
import type { FastifyInstance } from 'fastify'
import type { Chat } from '../../chat/chat.ts'
import { chatFor, type Saying, type SpeakParts, speak } from '../../chat/speak.ts'
import type { HitRow, SaidRow } from '../../conversations/book.ts'
import type { Conversations } from '../../conversations/conversations.ts'
import type { Caller } from '../../plugins/auth.ts'
import { requireAgent } from '../../tokens/rights.ts'
import { cursorAt, positionOf } from '../pages.ts'
import { serve } from '../serve.ts'

/** Most entries of one turn that its answer has. */
const TURN_ENTRIES = 2_000

export interface MessagesParts extends SpeakParts {
  readonly conversations: Conversations
}

/** Saying things, and finding what was said. */
export function addMessages(app: FastifyInstance, parts: MessagesParts): void {
  const { chats, conversations } = parts

  serve(app, sendMessage, async ({ params: { chat_id }, body, caller }) => {
    const { seq } = await say({ ...body, chat_id }, caller)
    return { chat_id, seq }
  })

  serve(app, runTurn, async ({ params: { chat_id }, body, caller, signal }) => {
    const { chat, seq, over } = await say({ ...body, chat_id }, caller)
    await until(chat, over, body.wait_s * 1000, signal)
    return turnAnswer(chat, seq, conversations)
  })

  serve(app, abortTurn, ({ params: { chat_id }, caller }) => {
    const chat = chats.find(chat_id)
    if (chat !== undefined) requireAgent(caller, chat.agent.name)
    return { aborted: chat?.abort(new CastellanError('cancelled', 'Stopped.')) ?? false }
  })

  serve(app, listMessages, async ({ params: { chat_id }, query: { limit, cursor }, caller }) => {
    requireAgent(caller, (await conversations.chat(chat_id)).agent)
    const before = positionOf(cursor) || Number.MAX_SAFE_INTEGER
    const rows = await conversations.said(chat_id, limit + 1, before)
    const items = rows.slice(0, limit).map(messageOf)
    return { items, next_cursor: rows.length > limit ? cursorAt(items.at(-1)?.seq ?? 0) : null }
  })

  serve(app, searchMessages, async ({ query: { q, limit, cursor, chat_id = null, agent = null }, caller }) => {
    if (agent !== null) requireAgent(caller, agent)
    const filter = { chat: chat_id, agent: agent ?? caller.agent }
    const rows = await conversations.search(q, filter, limit + 1, positionOf(cursor) || null)
    const items = rows.slice(0, limit)
    return { items: items.map(hitOf), next_cursor: rows.length > limit ? cursorAt(items.at(-1)?.id ?? 0) : null }
  })

  /** Answers once what was said is on disk; where it cannot be, nothing is done about it. */
  async function say(saying: Saying, caller: Caller) {
    const chat = await chatFor(saying, caller, parts)
    const { seq, over } = speak(saying, chat, caller, parts)
    await conversations.writer.settled().catch((error: CastellanError) => {
      chat.abort(error)
      throw error
    })
    return { chat, seq, over }
  }
}

/** Resolves when the turn is over or waits for a person, the time is up, or nobody waits any more. */
async function until(chat: Chat, over: Promise<void>, ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const look = () => (chat.waitingFor === null ? undefined : resolve())
  const leave = chat.follow({ news: look, status: look })
  const timer = setTimeout(resolve, ms)
  signal.addEventListener('abort', () => resolve(), { once: true })
  look()
  await Promise.race([over, promise])
  clearTimeout(timer)
  leave()
}

async function turnAnswer(chat: Chat, seq: number, conversations: Conversations): Promise<TurnAnswer> {
  const { entries } = await conversations.read(chat.id, { after: seq, limit: TURN_ENTRIES, keep: 'oldest' })
  const all = entries.map(({ frame }) => frame)
  const end = all.findIndex(({ type }) => type === 'done')
  const frames = end === -1 ? all : all.slice(0, end + 1)
  const text = frames.map((frame) => (frame.type === 'text' && frame.aside !== true ? frame.text : '')).join('')
  return { chat_id: chat.id, seq, state: stateOf(frames, chat), text, frames }
}

function stateOf(frames: readonly ServerFrame[], chat: Chat): TurnAnswer['state'] {
  if (frames.at(-1)?.type === 'done') return frames.some(({ type }) => type === 'error') ? 'failed' : 'done'
  return chat.waitingFor === null ? 'running' : 'waiting'
}

function messageOf({ last_seq: seq, at, type, words, frame }: SaidRow): ChatMessage {
  return { seq, at: new Date(at).toISOString(), text: words, ...speakerOf(type, frame) }
}

function hitOf({ name, title, agent, last_seq: seq, at, type, frame, excerpt }: HitRow): ChatHit {
  const { role } = speakerOf(type, frame)
  return { chat_id: name, title, agent, seq, at: new Date(at).toISOString(), role, excerpt }
}

function speakerOf(type: string, frame: string | null): Pick<ChatMessage, 'role' | 'tool' | 'ok'> {
  if (type === 'asked') return { role: 'person' }
  if (type !== 'tool_result' || frame === null) return { role: 'agent' }
  const { name, ok } = JSON.parse(frame) as Extract<ServerFrame, { type: 'tool_result' }>
  return { role: 'tool', tool: name, ok }
}
