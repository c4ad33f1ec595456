import { ChatId, type Transcript } from '@castellan/contracts'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { ChatSessions } from '../chat/sessions.ts'
import { parse } from './parse.ts'

const Params = z.strictObject({ chat_id: ChatId })
const Query = z.strictObject({ after: z.coerce.number().int().min(0).default(0) })

/** `GET /chats/:chat_id/transcript?after=SEQ`: what a client missed, or a page that was opened anew has to show. */
export function addTranscriptRoute(app: FastifyInstance, chats: ChatSessions): void {
  app.get('/chats/:chat_id/transcript', { config: { scope: 'read' } }, async (request): Promise<Transcript> => {
    const { chat_id } = parse(Params, request.params, 'The address')
    const { after } = parse(Query, request.query, 'The query')
    const chat = chats.find(chat_id)
    if (chat === undefined) return { chat_id, running: false, last_seq: 0, forgotten: 0, entries: [] }
    return { chat_id, running: chat.running, ...chat.transcript.after(after) }
  })
}
