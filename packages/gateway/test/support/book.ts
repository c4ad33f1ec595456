import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { AgentName, ChatId, SessionId } from '@castellan/contracts'
import { temporaryFolder } from '@castellan/testing'
import { onTestFinished } from 'vitest'
import { ConversationBook } from '../../src/conversations/book.ts'
import type { ChatBatch, NewEntry } from '../../src/conversations/entry.ts'

export const main = ChatId.parse('main')
export const agent = AgentName.parse('main')
const session = SessionId.parse('ses_AAAAAAAAAAAAAAAA')

export function openBook() {
  const path = join(temporaryFolder(), 'conversations.db')
  const key = randomBytes(32)
  const book = new ConversationBook(path, key)
  onTestFinished(() => book.finish())
  return { book, path, key }
}

export function batch(entries: readonly NewEntry[], running = false, name = main): ChatBatch {
  return { name, agent, session, sessionKey: null, mode: null, running, entries }
}

export function asked(seq: number, text: string): NewEntry {
  return { firstSeq: seq, lastSeq: seq, at: seq, type: 'asked', frame: null, words: text, cuts: null }
}

export function text(seq: number, words: string): NewEntry {
  return { firstSeq: seq, lastSeq: seq, at: seq, type: 'text', frame: null, words, cuts: [words.length] }
}

export function done(seq: number): NewEntry {
  const frame = JSON.stringify({ type: 'done', chat_id: main, seq })
  return { firstSeq: seq, lastSeq: seq, at: seq, type: 'done', frame, words: null, cuts: null }
}
