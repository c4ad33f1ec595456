import { Readable } from 'node:stream'
import { CastellanError, ChatId, type ChatView } from '@castellan/contracts'
import {
  createChat,
  deleteChat,
  exportJson,
  exportMarkdown,
  followChat,
  getChat,
  getChatUsage,
  getTranscript,
  listChats,
  renameChat,
  renewChat,
  setChatMode,
} from '@castellan/contracts/api'
import type { FastifyInstance } from 'fastify'
import { chatEvents } from '../../chat/events.ts'
import type { ChatSessions, CurrentAgents } from '../../chat/sessions.ts'
import type { ChatRow } from '../../conversations/book.ts'
import type { Conversations } from '../../conversations/conversations.ts'
import { markdownHead, markdownOf } from '../../conversations/markdown.ts'
import type { StoredEntry } from '../../conversations/rows.ts'
import type { Insights } from '../../insights/insights.ts'
import type { Caller } from '../../plugins/auth.ts'
import type { Decisions } from '../../replay/decisions.ts'
import { requireAgent } from '../../tokens/rights.ts'
import { cursorOf, partsOf } from '../pages.ts'
import { serve } from '../serve.ts'

/** Streams of events that one credential may hold at a time. */
const MAX_STREAMS = 16
/** Entries that an export reads at once. */
const EXPORT_PAGE = 500

export interface ChatsParts {
  readonly chats: ChatSessions
  readonly conversations: Conversations
  readonly agents: CurrentAgents
  readonly insights: Pick<Insights, 'remove'>
  readonly decisions: Pick<Decisions, 'removeChat'>
}

/** The chats as resources. A token that is for one agent sees the chats of that one. */
export function addChats(app: FastifyInstance, parts: ChatsParts): void {
  const { chats, conversations, agents, insights, decisions } = parts
  const view = (row: ChatRow) => viewOf(row, chats)

  serve(app, listChats, async ({ query: { limit, cursor, agent = null }, caller }) => {
    if (agent !== null) requireAgent(caller, agent)
    const [updatedAt, id] = partsOf(cursor, 2) ?? []
    const before = updatedAt === undefined || id === undefined ? null : { updatedAt, id }
    const rows = await conversations.list(agent ?? caller.agent, limit + 1, before)
    const items = rows.slice(0, limit)
    const last = rows.length > limit ? items.at(-1) : undefined
    const next_cursor = last === undefined ? null : cursorOf([last.updated_at, last.id])
    return { items: items.map(view), next_cursor }
  })

  serve(app, createChat, async ({ body: { chat_id, title = null, agent }, caller }) => {
    const { name } = agents.get(agent ?? caller.agent ?? agents.default.name)
    requireAgent(caller, name)
    const open = chat_id === undefined ? undefined : chats.find(chat_id)
    if (open !== undefined && open.agent.name !== name) {
      throw new CastellanError('conflict', `Chat ${chat_id} is open with the agent ${open.agent.name} already.`)
    }
    return view(await conversations.create(chat_id ?? freshId(), name, title))
  })

  serve(app, getChat, async ({ params, caller }) => view(await known(params.chat_id, caller)))

  serve(app, renameChat, async ({ params: { chat_id }, body, caller }) => {
    await known(chat_id, caller)
    return view(await conversations.rename(chat_id, body.title))
  })

  serve(app, renewChat, async ({ params: { chat_id }, caller }) => {
    const row = await known(chat_id, caller)
    await chats.renew(chat_id)
    return view(row)
  })

  serve(app, setChatMode, async ({ params: { chat_id }, body: { mode }, caller }) => {
    const row = await known(chat_id, caller)
    const chat = await chats.open(chat_id)
    chat.holdTo(mode)
    await chat.settled()
    return view({ ...row, mode })
  })

  serve(app, getChatUsage, async ({ params: { chat_id }, caller }) => {
    await known(chat_id, caller)
    return conversations.usage(chat_id)
  })

  serve(app, deleteChat, async ({ params: { chat_id }, caller }) => {
    await known(chat_id, caller)
    await chats.remove(chat_id)
    await insights.remove({ chat: chat_id, agent: null, before: null })
    await decisions.removeChat(chat_id)
    return undefined
  })

  serve(app, getTranscript, async ({ params: { chat_id }, query, caller }) => {
    const row = await conversations.find(chat_id)
    if (row !== null) requireAgent(caller, row.agent)
    const running = chats.find(chat_id)?.running ?? false
    const { entries, forgotten, more } = await conversations.read(chat_id, query)
    const newest = entries.at(-1)?.frame
    const seq = newest !== undefined && 'seq' in newest ? newest.seq : undefined
    const last_seq = Math.max(row?.last_seq ?? 0, seq ?? 0)
    return { chat_id, running, last_seq, forgotten, more, entries: entries.map(shown) }
  })

  const closing = new AbortController()
  app.addHook('preClose', async () => closing.abort())
  const streams = new Map<string, number>()

  serve(app, followChat, async ({ params: { chat_id }, query, caller, signal, request }) => {
    const after = query.after ?? lastEventId(request.headers['last-event-id'])
    const chat = await chats.open(chat_id)
    requireAgent(caller, chat.agent.name)
    const open = streams.get(caller.credential) ?? 0
    if (open >= MAX_STREAMS) {
      const why = `There are ${MAX_STREAMS} open streams of events with this credential; close one first.`
      throw new CastellanError('too_many_sessions', why, { retryAfterSeconds: 5 })
    }
    streams.set(caller.credential, open + 1)
    const stream = Readable.from(chatEvents(chat, after, conversations, AbortSignal.any([signal, closing.signal])))
    stream.once('close', () => {
      const left = (streams.get(caller.credential) ?? 1) - 1
      if (left > 0) streams.set(caller.credential, left)
      else streams.delete(caller.credential)
    })
    return stream
  })

  serve(app, exportMarkdown, async ({ params: { chat_id }, caller, reply }) => {
    const row = await known(chat_id, caller)
    reply.header('content-disposition', `attachment; filename="${chat_id}.md"`)
    return Readable.from(exported(chat_id, markdownHead(row), markdownOf, conversations))
  })

  serve(app, exportJson, async ({ params: { chat_id }, caller, reply }) => {
    const row = await known(chat_id, caller)
    reply.header('content-disposition', `attachment; filename="${chat_id}.ndjson"`)
    const line = (value: unknown) => `${JSON.stringify(value)}\n`
    return Readable.from(exported(chat_id, line(view(row)), (entry) => line(shown(entry)), conversations))
  })

  /** Throws `not_found`, and `forbidden` for a chat of another agent than the caller's. */
  async function known(chat_id: ChatId, caller: Caller): Promise<ChatRow> {
    const row = await conversations.chat(chat_id)
    requireAgent(caller, row.agent)
    return row
  }
}

async function* exported(
  chat: ChatId,
  head: string,
  write: (entry: StoredEntry) => string,
  conversations: Conversations,
): AsyncGenerator<string, void, void> {
  yield head
  for (let after = 0; ; ) {
    const { entries, more } = await conversations.read(chat, { after, limit: EXPORT_PAGE, keep: 'oldest' })
    yield entries.map(write).join('')
    const last = entries.at(-1)?.frame
    if (!more || last === undefined || !('seq' in last) || last.seq === undefined) return
    after = last.seq
  }
}

export function viewOf(row: ChatRow, chats: ChatSessions): ChatView {
  return {
    chat_id: row.name,
    title: row.title,
    agent: row.agent,
    created_at: new Date(row.created_at).toISOString(),
    updated_at: new Date(row.updated_at).toISOString(),
    last_seq: row.last_seq,
    running: chats.find(row.name)?.running ?? false,
    mode: chats.find(row.name)?.mode ?? row.mode,
  }
}

function shown({ at, frame }: StoredEntry) {
  return { at: new Date(at).toISOString(), frame }
}

function freshId(): ChatId {
  return ChatId.parse(`chat-${crypto.randomUUID().slice(0, 13)}`)
}

/** The number that a client heard last; 0 without one. Throws `invalid_request` for what is none. */
function lastEventId(header: string | string[] | undefined): number {
  if (header === undefined || header === '') return 0
  if (typeof header === 'string' && /^\d{1,15}$/.test(header)) return Number(header)
  throw new CastellanError('invalid_request', 'Last-Event-ID has to be the id of an event that was heard: a number.')
}
