import type { AgentName, ChatId, ChatMode, ChatUsage, ServerFrame, SessionId } from '@castellan/contracts'
import type Database from 'better-sqlite3'
import type { Statement } from 'better-sqlite3'
import { dropLog, openEncrypted } from '../store/database.ts'
import { StoreFault } from '../store/fault.ts'
import type { ChatBatch, NewEntry } from './entry.ts'
import { ftsQuestion } from './question.ts'
import { type FrameRow, joined, type StoredEntry, storedEntries } from './rows.ts'
import { schema } from './schema.ts'

/** A chat that is begun again after a crash counts on from here: clients may have heard numbers that never reached the disk. */
const SEQ_LEAP = 100_000
/** Most of a transcript that is read at once, in characters. */
const MAX_READ_CHARACTERS = 4 * 1024 * 1024

/** A longer text is not written twice for the sake of a word on the border of two of its pieces. */
const MAX_JOINED_CHARACTERS = 512 * 1024

export interface ChatRow {
  readonly id: number
  readonly name: ChatId
  readonly title: string | null
  readonly agent: AgentName
  readonly session: SessionId
  readonly session_key: string | null
  readonly created_at: number
  readonly updated_at: number
  readonly last_seq: number
  readonly running: 0 | 1
  readonly mode: ChatMode | null
}

export interface NewChat {
  readonly name: ChatId
  readonly title: string | null
  readonly agent: AgentName
  readonly session: SessionId
}

export interface ReadOptions {
  readonly after: number
  /** Only what was said before this number. */
  readonly before?: number | undefined
  readonly limit: number
  readonly keep: 'newest' | 'oldest'
}

export interface Reading {
  readonly entries: readonly StoredEntry[]
  readonly forgotten: number
  readonly more: boolean
}

export interface SaidRow {
  readonly last_seq: number
  readonly at: number
  readonly type: string
  readonly words: string
  readonly frame: string | null
}

export interface HitRow extends Omit<SaidRow, 'words'> {
  readonly id: number
  readonly excerpt: string
  readonly name: ChatId
  readonly title: string | null
  readonly agent: AgentName
}

/** The conversations in their database, as plain synchronous acts; see `store/worker.ts` for where they run. */
export class ConversationBook {
  readonly #db: Database
  readonly #statements = new Map<string, Statement>()

  /** Throws `conversations_unreadable`. */
  constructor(path: string, key: Uint8Array) {
    this.#db = openEncrypted(path, key, schema)
    this.#addColumns()
  }

  /** Writes what was said, of several chats at once: on disk when it returns, all of it or nothing. */
  append(batches: readonly ChatBatch[]): void {
    this.#db.transaction(() => {
      for (const batch of batches) this.#append(batch)
    })()
  }

  /** Throws `already_exists`. */
  create(chat: NewChat, now: number): ChatRow {
    if (this.chat(chat.name) !== null) {
      throw new StoreFault('already_exists', `There is a chat ${chat.name} already; choose another chat_id.`)
    }
    this.#insert(chat, now)
    return this.#chat(chat.name)
  }

  chat(name: ChatId): ChatRow | null {
    return (this.#sql('SELECT * FROM chats WHERE name = ?').get(name) as ChatRow | undefined) ?? null
  }

  /** The one last used first; `before` is where the page before ended. */
  list(
    agent: string | null,
    limit: number,
    before: { readonly updatedAt: number; readonly id: number } | null,
  ): ChatRow[] {
    const { updatedAt, id } = before ?? { updatedAt: Number.MAX_SAFE_INTEGER, id: Number.MAX_SAFE_INTEGER }
    return this.#sql(
      `SELECT * FROM chats WHERE (updated_at, id) < (?, ?) AND (? IS NULL OR agent = ?)
         ORDER BY updated_at DESC, id DESC LIMIT ?`,
    ).all(updatedAt, id, agent, agent, limit) as ChatRow[]
  }

  /** Sums of what the models of all its turns said they used. Throws `not_found`. */
  usage(name: ChatId): ChatUsage {
    const { id } = this.#chat(name)
    const rows = this.#sql(`SELECT frame FROM frames WHERE chat = ? AND type = 'usage'`).pluck().all(id) as string[]
    const sums = { turns: 0, prompt_tokens: 0, cached_tokens: 0, output_tokens: 0, cost: 0, uncounted: 0, unpriced: 0 }
    for (const row of rows) {
      const frame = JSON.parse(row) as Extract<ServerFrame, { type: 'usage' }>
      sums.turns += 1
      sums.prompt_tokens += frame.prompt_tokens ?? 0
      sums.cached_tokens += frame.cached_tokens ?? 0
      sums.output_tokens += frame.output_tokens ?? 0
      sums.cost += frame.cost ?? 0
      if (frame.prompt_tokens === null || frame.output_tokens === null) sums.uncounted += 1
      if (frame.cost === null) sums.unpriced += 1
    }
    return { chat_id: name, ...sums }
  }

  /** Throws `not_found`. */
  rename(name: ChatId, title: string | null): ChatRow {
    const { id } = this.#chat(name)
    this.#sql('UPDATE chats SET title = ? WHERE id = ?').run(title, id)
    return this.#chat(name)
  }

  /** Overwrites a chat and everything that was said in it. Throws `not_found`. */
  remove(name: ChatId): void {
    const { id } = this.#chat(name)
    this.#db.transaction(() => {
      this.#sql(
        `INSERT INTO search (search, rowid, words) SELECT 'delete', id, words FROM frames WHERE chat = ? AND found = 1`,
      ).run(id)
      this.#sql('DELETE FROM frames WHERE chat = ?').run(id)
      this.#sql('DELETE FROM chats WHERE id = ?').run(id)
    })()
    dropLog(this.#db)
  }

  /** What was said after a point, of a chat that may never have been used. */
  read(name: ChatId, { after, before = Number.MAX_SAFE_INTEGER, limit, keep }: ReadOptions): Reading {
    const chat = this.chat(name)
    if (chat === null) return { entries: [], forgotten: 0, more: false }
    const order = keep === 'newest' ? 'DESC' : 'ASC'
    const rows = this.#sql(
      `SELECT * FROM frames WHERE chat = ? AND last_seq > ? AND last_seq < ? ORDER BY last_seq ${order} LIMIT ?`,
    ).all(chat.id, after, before, limit + 1) as FrameRow[]
    const kept = fitting(rows.slice(0, limit))
    const isCut = kept.length < rows.length
    if (keep === 'newest') kept.reverse()
    const first = kept[0]?.first_seq ?? 0
    return {
      entries: storedEntries(kept, after, name),
      forgotten: isCut && keep === 'newest' ? this.#count(chat.id, after, first) : 0,
      more: isCut && keep === 'oldest',
    }
  }

  /** Words and results, newest first, from before a point. Throws `not_found`. */
  said(name: ChatId, limit: number, before: number): SaidRow[] {
    const { id } = this.#chat(name)
    return this.#sql(
      `SELECT last_seq, at, type, words, frame FROM frames
         WHERE chat = ? AND words IS NOT NULL AND last_seq < ? ORDER BY last_seq DESC LIMIT ?`,
    ).all(id, before, limit) as SaidRow[]
  }

  /** Where words stand, newest first. `before` is the `id` of the last hit of the page before. */
  find(
    words: string,
    { chat, agent }: { readonly chat: ChatId | null; readonly agent: string | null },
    limit: number,
    before: number | null,
  ): HitRow[] {
    const question = ftsQuestion(words)
    if (question === '') return []
    return this.#sql(
      `SELECT frames.id, frames.last_seq, frames.at, frames.type, frames.frame, chats.name, chats.title, chats.agent,
           snippet(search, 0, '«', '»', '…', 24) AS excerpt
         FROM search JOIN frames ON frames.id = search.rowid JOIN chats ON chats.id = frames.chat
         WHERE search MATCH ? AND search.rowid < ? AND (? IS NULL OR chats.name = ?) AND (? IS NULL OR chats.agent = ?)
         ORDER BY search.rowid DESC LIMIT ?`,
    ).all(question, before ?? Number.MAX_SAFE_INTEGER, chat, chat, agent, agent, limit) as HitRow[]
  }

  /** The chats whose turn a gateway that is gone was in, with what they said last. */
  interrupted(): { readonly chat: ChatRow; readonly tail: readonly StoredEntry[] }[] {
    const chats = this.#sql('SELECT * FROM chats WHERE running = 1').all() as ChatRow[]
    return chats.map((chat) => {
      const { entries } = this.read(chat.name, { after: 0, limit: 500, keep: 'newest' })
      return { chat: { ...chat, last_seq: chat.last_seq + SEQ_LEAP }, tail: entries }
    })
  }

  /** Closes the database. */
  finish(): void {
    this.#db.close()
  }

  /** A database of before has no modes. */
  #addColumns(): void {
    const columns = this.#db.prepare('SELECT name FROM pragma_table_info(?)').pluck().all('chats') as string[]
    if (!columns.includes('mode')) this.#db.exec('ALTER TABLE chats ADD COLUMN mode TEXT')
  }

  #append({ name, agent, session, sessionKey, mode, running, entries }: ChatBatch): void {
    const now = entries.at(-1)?.at ?? Date.now()
    if (this.chat(name) === null) this.#insert({ name, title: null, agent, session }, entries[0]?.at ?? now)
    const { id, last_seq } = this.#chat(name)
    for (const entry of entries) this.#add(id, entry)
    this.#sql(
      'UPDATE chats SET session = ?, session_key = ?, mode = ?, running = ?, last_seq = ?, updated_at = max(updated_at, ?) WHERE id = ?',
    ).run(session, sessionKey, mode, Number(running), entries.at(-1)?.lastSeq ?? last_seq, now, id)
  }

  #add(chat: number, { firstSeq, lastSeq, at, type, frame, words, cuts }: NewEntry): void {
    const streams = type === 'text' && frame === null
    if (!streams) this.#join(chat)
    this.#sql(
      'INSERT INTO frames (chat, first_seq, last_seq, at, type, frame, words, cuts) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    ).run(chat, firstSeq, lastSeq, at, type, frame, words, cuts?.join(' ') ?? null)
    if (!streams && words !== null) this.#index(chat, lastSeq)
  }

  /** Makes one row of the pieces of a text that is complete, for search to find; of a very long one search sees the pieces. */
  #join(chat: number): void {
    const newest = this.#sql('SELECT * FROM frames WHERE chat = ? ORDER BY last_seq DESC LIMIT 1')
    if (!isOpen(newest.get(chat) as FrameRow | undefined)) return
    const from = this.#sql(
      `SELECT last_seq FROM frames WHERE chat = ? AND NOT (type = 'text' AND frame IS NULL AND found = 0)
         ORDER BY last_seq DESC LIMIT 1`,
    )
      .pluck()
      .get(chat) as number | undefined
    const pieces = this.#sql('SELECT * FROM frames WHERE chat = ? AND last_seq > ? ORDER BY last_seq').all(
      chat,
      from ?? 0,
    ) as FrameRow[]
    const whole = joined(pieces)
    if ((whole.words?.length ?? 0) > MAX_JOINED_CHARACTERS) {
      for (const { last_seq } of pieces) this.#index(chat, last_seq)
      return
    }
    if (pieces.length > 1) {
      this.#sql('DELETE FROM frames WHERE chat = ? AND last_seq > ?').run(chat, from ?? 0)
      this.#sql(
        'INSERT INTO frames (chat, first_seq, last_seq, at, type, words, cuts) VALUES (?, ?, ?, ?, ?, ?, ?)',
      ).run(chat, whole.first_seq, whole.last_seq, whole.at, 'text', whole.words, whole.cuts)
    }
    this.#index(chat, whole.last_seq)
  }

  #index(chat: number, seq: number): void {
    this.#sql('INSERT INTO search (rowid, words) SELECT id, words FROM frames WHERE chat = ? AND last_seq = ?').run(
      chat,
      seq,
    )
    this.#sql('UPDATE frames SET found = 1 WHERE chat = ? AND last_seq = ?').run(chat, seq)
  }

  #insert({ name, title, agent, session }: NewChat, now: number): void {
    this.#sql('INSERT INTO chats (name, title, agent, session, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)').run(
      name,
      title,
      agent,
      session,
      now,
      now,
    )
  }

  #chat(name: ChatId): ChatRow {
    const chat = this.chat(name)
    if (chat !== null) return chat
    throw new StoreFault('not_found', `There is no chat ${name}. listChats shows those there are.`)
  }

  /** A statement, compiled once. */
  #sql(text: string): Statement {
    const known = this.#statements.get(text)
    if (known !== undefined) return known
    const statement = this.#db.prepare(text)
    this.#statements.set(text, statement)
    return statement
  }

  #count(chat: number, after: number, until: number): number {
    const sum = 'SELECT coalesce(sum(last_seq - max(first_seq, ? + 1) + 1), 0) FROM frames'
    return this.#sql(`${sum} WHERE chat = ? AND last_seq > ? AND last_seq < ?`)
      .pluck()
      .get(after, chat, after, until) as number
  }
}

function isOpen(row: FrameRow | undefined): boolean {
  return row?.type === 'text' && row.frame === null && row.found === 0
}

/** As many as may be read at once; at least one. */
function fitting(rows: readonly FrameRow[]): FrameRow[] {
  let characters = 0
  const end = rows.findIndex(({ frame, words }) => {
    characters += (frame?.length ?? 0) + (words?.length ?? 0)
    return characters > MAX_READ_CHARACTERS
  })
  return rows.slice(0, end === -1 ? rows.length : Math.max(1, end))
}
