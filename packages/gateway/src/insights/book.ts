import type Database from 'better-sqlite3'
import { ftsQuestion } from '../conversations/question.ts'
import { addColumns, dropLog, openEncrypted } from '../store/database.ts'
import { StoreFault } from '../store/fault.ts'
import { insightOf, type NewInsight, type RawInsight } from './insight.ts'

/** What goes when there is too much. */
export interface InsightLimits {
  readonly maxDays: number
  /** Of requests and answers together. */
  readonly maxBytes: number
}

const schema = `
CREATE TABLE IF NOT EXISTS exchanges (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  chat TEXT,
  agent TEXT NOT NULL,
  engine TEXT NOT NULL,
  model TEXT,
  url TEXT,
  credential TEXT,
  status INTEGER,
  duration_ms REAL NOT NULL,
  problem TEXT,
  request TEXT NOT NULL,
  response TEXT NOT NULL,
  request_bytes INTEGER NOT NULL,
  response_bytes INTEGER NOT NULL,
  request_cut INTEGER NOT NULL,
  response_cut INTEGER NOT NULL,
  redactions INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS exchanges_by_age ON exchanges (at);
CREATE INDEX IF NOT EXISTS exchanges_by_chat ON exchanges (chat);
CREATE TABLE IF NOT EXISTS totals (one INTEGER PRIMARY KEY CHECK (one = 1), bytes INTEGER NOT NULL, dropped INTEGER NOT NULL) STRICT;
INSERT OR IGNORE INTO totals VALUES (1, 0, 0);
CREATE VIRTUAL TABLE IF NOT EXISTS search USING fts5(
  request, response, content='exchanges', content_rowid='id', tokenize='unicode61 remove_diacritics 2'
);
INSERT INTO search (search, rank) VALUES ('secure-delete', 1);
CREATE TRIGGER IF NOT EXISTS exchange_added AFTER INSERT ON exchanges BEGIN
  INSERT INTO search (rowid, request, response) VALUES (new.id, new.request, new.response);
  UPDATE totals SET bytes = bytes + new.request_bytes + new.response_bytes;
END;
CREATE TRIGGER IF NOT EXISTS exchange_removed AFTER DELETE ON exchanges BEGIN
  INSERT INTO search (search, rowid, request, response) VALUES ('delete', old.id, old.request, old.response);
  UPDATE totals SET bytes = bytes - old.request_bytes - old.response_bytes;
END;
`

/** What was not kept at first; a log from before has nothing there. */
const ADDED: Readonly<Record<string, string>> = {
  seq: 'INTEGER',
  left: 'INTEGER',
  request_line: 'TEXT',
  request_headers: "TEXT NOT NULL DEFAULT '[]'",
  response_headers: "TEXT NOT NULL DEFAULT '[]'",
  taken_out: "TEXT NOT NULL DEFAULT ''",
  ledger_index: 'INTEGER',
  prompt_tokens: 'INTEGER',
  output_tokens: 'INTEGER',
  cost: 'REAL',
}

/** Everything of an exchange that is kept, in the order in which it is written. */
const KEPT = [
  ...['at', 'chat', 'agent', 'engine', 'model', 'url', 'credential', 'status', 'duration_ms', 'problem'],
  ...['request', 'response', 'request_bytes', 'response_bytes', 'request_cut', 'response_cut', 'redactions'],
  ...Object.keys(ADDED),
] as readonly (keyof NewInsight)[]

export interface InsightRow extends Omit<NewInsight, 'at'> {
  readonly id: number
  readonly at: number
}

export interface InsightFilter {
  readonly words: string | null
  readonly chat: string | null
  readonly agent: string | null
  readonly engine: string | null
  readonly failed: boolean | null
}

export interface InsightPage {
  readonly rows: readonly Omit<InsightRow, 'request' | 'response'>[]
  /** Time of the oldest that is kept. */
  readonly since: number | null
  readonly dropped: number
}

const SUMMARY = ['id', ...KEPT.filter((name) => !['request', 'response'].includes(name))].join(', ')

/** What was sent to models and what came back, encrypted, newest kept; see `store/worker.ts` for where it runs. */
export class InsightBook {
  readonly #db: Database
  readonly #limits: InsightLimits

  /** Throws `conversations_unreadable`. */
  constructor(path: string, key: Uint8Array, limits: InsightLimits) {
    this.#db = openEncrypted(path, key, schema)
    addColumns(this.#db, 'exchanges', ADDED)
    this.#limits = limits
  }

  /** Takes the secrets out of an exchange and keeps it. */
  record(raw: RawInsight): void {
    this.add(insightOf(raw))
  }

  /** Keeps one, and drops what is too old or finds no room beside it. */
  add(insight: NewInsight): void {
    const places = KEPT.map(() => '?').join(', ')
    this.#db.transaction(() => {
      this.#db
        .prepare(`INSERT INTO exchanges (${KEPT.join(', ')}) VALUES (${places})`)
        .run(...KEPT.map((name) => insight[name]))
      this.#drop(insight.at)
    })()
  }

  page({ words, chat, agent, engine, failed }: InsightFilter, limit: number, before: number | null): InsightPage {
    const question = words === null ? null : ftsQuestion(words)
    const found = question === null ? '' : 'AND id IN (SELECT rowid FROM search WHERE search MATCH ?)'
    const rows = this.#db
      .prepare(
        `SELECT ${SUMMARY} FROM exchanges WHERE id < ? AND (? IS NULL OR chat = ?) AND (? IS NULL OR agent = ?)
           AND (? IS NULL OR engine = ?) AND (? IS NULL OR (problem IS NOT NULL) = ?) ${found} ORDER BY id DESC LIMIT ?`,
      )
      .all(
        ...[before ?? Number.MAX_SAFE_INTEGER, chat, chat, agent, agent, engine, engine],
        ...[
          failed === null ? null : Number(failed),
          Number(failed),
          ...(question === null ? [] : [question || '""']),
          limit,
        ],
      ) as InsightPage['rows']
    const since = this.#db.prepare('SELECT min(at) FROM exchanges').pluck().get() as number | null
    const dropped = this.#db.prepare('SELECT dropped FROM totals').pluck().get() as number
    return { rows, since, dropped }
  }

  /** Throws `not_found`. */
  one(id: number): InsightRow {
    const row = this.#db.prepare('SELECT * FROM exchanges WHERE id = ?').get(id) as InsightRow | undefined
    if (row !== undefined) return row
    throw new StoreFault('not_found', `There is no insight ${id}: it was deleted, dropped for room, or never there.`)
  }

  /** Overwrites what fits all that is given. Returns how many there were. */
  remove({ chat, agent, before }: { chat: string | null; agent: string | null; before: number | null }): number {
    const where = 'WHERE (? IS NULL OR chat = ?) AND (? IS NULL OR agent = ?) AND (? IS NULL OR at < ?)'
    const values = [chat, chat, agent, agent, before, before]
    const count = this.#db
      .prepare(`SELECT count(*) FROM exchanges ${where}`)
      .pluck()
      .get(...values) as number
    if (count === 0) return 0
    this.#db.prepare(`DELETE FROM exchanges ${where}`).run(...values)
    dropLog(this.#db)
    return count
  }

  /** Closes the database. */
  finish(): void {
    this.#db.close()
  }

  #drop(now: number): void {
    const { maxDays, maxBytes } = this.#limits
    const oldest = this.#db.prepare('SELECT id, at FROM exchanges ORDER BY id LIMIT 1')
    const bytes = this.#db.prepare('SELECT bytes FROM totals').pluck()
    // The newest stays, however large.
    const newest = this.#db.prepare('SELECT max(id) FROM exchanges').pluck().get() as number
    for (;;) {
      const row = oldest.get() as { readonly id: number; readonly at: number } | undefined
      if (row === undefined || row.id === newest) return
      const tooMuch = (bytes.get() as number) > maxBytes
      const tooOld = now - row.at > maxDays * 86_400_000
      if (!tooMuch && !tooOld) return
      this.#db.prepare('DELETE FROM exchanges WHERE id = ?').run(row.id)
      this.#db.prepare('UPDATE totals SET dropped = dropped + 1').run()
    }
  }
}
