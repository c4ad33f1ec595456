import { createHash } from 'node:crypto'
import { gunzipSync, gzipSync } from 'node:zlib'
import type Database from 'better-sqlite3'
import { dropLog, openEncrypted } from '../store/database.ts'
import type { KeptDecision } from './decided.ts'

/** What goes when there is too much. */
export interface DecisionLimits {
  readonly maxDays: number
  readonly maxBytes: number
}

/** Descriptions of all tools are most of a request and the same in the next one, so they are kept once. */
const schema = `
CREATE TABLE IF NOT EXISTS tools (digest TEXT PRIMARY KEY, body BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS decisions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  chat TEXT,
  agent TEXT NOT NULL,
  tools TEXT NOT NULL REFERENCES tools (digest),
  body BLOB NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS decisions_by_chat ON decisions (chat);
CREATE INDEX IF NOT EXISTS decisions_by_tools ON decisions (tools);
CREATE TABLE IF NOT EXISTS calls (
  call_id TEXT PRIMARY KEY,
  decision INTEGER NOT NULL REFERENCES decisions (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX IF NOT EXISTS calls_by_decision ON calls (decision);
`

/** Prompts of decisions that led to calls, encrypted, newest kept; see `store/worker.ts` for where it runs. */
export class DecisionBook {
  readonly #db: Database
  readonly #limits: DecisionLimits

  /** Throws `conversations_unreadable`. */
  constructor(path: string, key: Uint8Array, limits: DecisionLimits) {
    this.#db = openEncrypted(path, key, schema)
    this.#limits = limits
  }

  /** Keeps one, and drops what is too old or finds no room beside it. */
  add({ request, decision, calls, chat, agent, at }: KeptDecision): void {
    const { tools, ...rest } = request
    const text = JSON.stringify(tools)
    const digest = createHash('sha256').update(text).digest('hex')
    const body = gzipSync(JSON.stringify({ request: rest, decision, calls }))
    this.#db.transaction(() => {
      if (this.#db.prepare('SELECT 1 FROM tools WHERE digest = ?').get(digest) === undefined) {
        this.#db.prepare('INSERT INTO tools VALUES (?, ?)').run(digest, gzipSync(text))
      }
      const id = this.#db
        .prepare('INSERT INTO decisions (at, chat, agent, tools, body) VALUES (?, ?, ?, ?, ?) RETURNING id')
        .pluck()
        .get(at, chat, agent, digest, body) as number
      const insert = this.#db.prepare('INSERT OR REPLACE INTO calls VALUES (?, ?)')
      for (const { call_id } of calls) insert.run(call_id, id)
      this.#drop(at)
    })()
  }

  /** The decision that a call came from; null where it is not kept, or no longer. */
  ofCall(callId: string): KeptDecision | null {
    const row = this.#db
      .prepare(
        `SELECT decisions.*, tools.body AS tool_text FROM calls JOIN decisions ON decisions.id = calls.decision
         JOIN tools ON tools.digest = decisions.tools WHERE call_id = ?`,
      )
      .get(callId) as
      | (Pick<KeptDecision, 'at' | 'chat' | 'agent'> & { readonly body: Buffer; readonly tool_text: Buffer })
      | undefined
    if (row === undefined) return null
    const { at, chat, agent, body, tool_text } = row
    const { request, ...rest } = JSON.parse(gunzipSync(body).toString()) as Omit<KeptDecision, 'at' | 'chat' | 'agent'>
    return { at, chat, agent, ...rest, request: { ...request, tools: JSON.parse(gunzipSync(tool_text).toString()) } }
  }

  /** Overwrites those of a chat. Returns how many there were. */
  removeChat(chat: string): number {
    const count = this.#db.prepare('SELECT count(*) FROM decisions WHERE chat = ?').pluck().get(chat) as number
    if (count === 0) return 0
    this.#db.prepare('DELETE FROM decisions WHERE chat = ?').run(chat)
    this.#dropTools()
    dropLog(this.#db)
    return count
  }

  /** Closes the database. */
  finish(): void {
    this.#db.close()
  }

  #drop(now: number): void {
    const { maxDays, maxBytes } = this.#limits
    this.#db.prepare('DELETE FROM decisions WHERE at < ?').run(now - maxDays * 86_400_000)
    // The newest stays, however large.
    const oldest = this.#db.prepare('DELETE FROM decisions WHERE id = (SELECT min(id) FROM decisions)')
    const several = this.#db.prepare('SELECT count(*) > 1 FROM decisions').pluck()
    const bytes = this.#db
      .prepare('SELECT (SELECT sum(length(body)) FROM decisions) + (SELECT sum(length(body)) FROM tools)')
      .pluck()
    while ((bytes.get() as number) > maxBytes && several.get() === 1) {
      oldest.run()
      this.#dropTools()
    }
    this.#dropTools()
  }

  #dropTools(): void {
    this.#db.prepare('DELETE FROM tools WHERE NOT EXISTS (SELECT 1 FROM decisions WHERE tools = digest)').run()
  }
}
