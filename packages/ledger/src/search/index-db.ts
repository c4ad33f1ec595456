/// <reference path="./better-sqlite3.d.ts" />
import { isNotable, type LedgerEntry, type LedgerQuery } from '@castellan/contracts'
import Database from 'better-sqlite3'
import type { z } from 'zod'
import { ftsQuery } from './text.ts'

/** Raised whenever the tables change: an index of another version is thrown away and built again. */
const SCHEMA_VERSION = 2

const SCHEMA = `
  CREATE TABLE entries (
    idx INTEGER PRIMARY KEY, time INTEGER NOT NULL, type TEXT NOT NULL, actor TEXT NOT NULL,
    session TEXT, call_id TEXT, tool TEXT, ok INTEGER, notable INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX by_time ON entries (time);
  CREATE INDEX by_type ON entries (type, idx);
  CREATE INDEX by_actor ON entries (actor, idx);
  CREATE INDEX by_session ON entries (session, idx) WHERE session IS NOT NULL;
  CREATE INDEX by_call ON entries (call_id) WHERE call_id IS NOT NULL;
  CREATE INDEX by_tool ON entries (tool, idx) WHERE tool IS NOT NULL;
  CREATE INDEX by_notable ON entries (idx) WHERE notable = 1;
  CREATE VIRTUAL TABLE texts USING fts5 (body, content='', contentless_delete=1);
  CREATE TABLE head (id INTEGER PRIMARY KEY CHECK (id = 1), size INTEGER NOT NULL, leaf TEXT NOT NULL) STRICT;
  PRAGMA user_version = ${SCHEMA_VERSION};
`

export interface IndexedEntry {
  readonly entry: LedgerEntry
  readonly text: string
}

/** A query as `LedgerQuery` parses it. */
export type Filters = z.output<typeof LedgerQuery>

/**
 * The search index: an encrypted SQLite file that can be rebuilt from the log at any time, and is whenever it does not
 * fit the log. It answers with indexes only; entries are always read from the log itself.
 */
export class IndexDb {
  readonly #db: Database

  private constructor(db: Database) {
    this.#db = db
  }

  /** Opens the index at `path`; throws where the file is no index that `key` (32 bytes) opens. */
  static open(path: string, key: Buffer): IndexDb {
    const db = new Database(path)
    try {
      db.pragma("cipher = 'sqlcipher'")
      db.pragma(`key = "x'${key.toString('hex')}'"`)
      db.pragma('journal_mode = WAL')
      // It can be rebuilt, so a power cut may cost it its last transactions.
      db.pragma('synchronous = OFF')
      db.pragma('secure_delete = ON')
      const version = db.pragma('user_version', { simple: true })
      if (version === 0) db.exec(SCHEMA)
      else if (version !== SCHEMA_VERSION) throw new Error(`index version ${version}`)
      return new IndexDb(db)
    } catch (error) {
      db.close()
      throw error
    }
  }

  /** How many entries are indexed, and the leaf hash of the last of them. */
  get head(): { size: number; leaf: string } {
    return (
      (this.#db.prepare('SELECT size, leaf FROM head').get() as { size: number; leaf: string } | undefined) ?? {
        size: 0,
        leaf: '',
      }
    )
  }

  /** Adds entries that follow those indexed; `head` is what the log is indexed up to now. */
  add(entries: readonly IndexedEntry[], { size, leaf }: { size: number; leaf: string }): void {
    const row = this.#db.prepare('INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)')
    const text = this.#db.prepare('INSERT INTO texts (rowid, body) VALUES (?, ?)')
    const head = this.#db.prepare(
      'INSERT INTO head VALUES (1, ?, ?) ON CONFLICT (id) DO UPDATE SET size = excluded.size, leaf = excluded.leaf',
    )
    this.#db.transaction(() => {
      for (const { entry, text: body } of entries) {
        const { index, time, type, actor, session, call_id, tool, ok } = entry
        row.run(
          index,
          time,
          type,
          actor.name,
          session ?? null,
          call_id ?? null,
          tool ?? null,
          ok === undefined ? null : Number(ok),
          Number(isNotable(entry)),
        )
        text.run(index, body)
      }
      head.run(size, leaf)
    })()
  }

  /** Indexes of the entries that match, newest first. */
  find({ tool, actor, session, call_id, type, ok, notable, since, until, before, text, limit }: Filters): number[] {
    const match = text === undefined ? undefined : ftsQuery(text)
    if (match === null) return []
    const conditions: [string, string | number | undefined][] = [
      ['tool = ?', tool],
      ['actor = ?', actor],
      ['session = ?', session],
      ['call_id = ?', call_id],
      ['type = ?', type],
      ['ok = ?', ok === undefined ? undefined : Number(ok)],
      ['notable = ?', notable === undefined ? undefined : Number(notable)],
      ['time >= ?', since],
      ['time <= ?', until],
      ['idx < ?', before],
      ['idx IN (SELECT rowid FROM texts WHERE texts MATCH ?)', match],
    ]
    const used = conditions.filter(([, value]) => value !== undefined)
    const where = used.length === 0 ? '' : `WHERE ${used.map(([condition]) => condition).join(' AND ')}`
    const statement = this.#db.prepare(`SELECT idx FROM entries ${where} ORDER BY idx DESC LIMIT ?`).pluck()
    return statement.all(...used.map(([, value]) => value), limit) as number[]
  }

  /** Index of the newest entry from before `time`, -1 where there is none. */
  lastBefore(time: number): number {
    const row = this.#db.prepare('SELECT max(idx) AS idx FROM entries WHERE time < ?').get(time) as {
      idx: number | null
    }
    return row.idx ?? -1
  }

  /** Forgets the text of an entry whose payload was destroyed, keeping what its header says. */
  replaceText(index: number, text: string): void {
    this.#db.transaction(() => {
      this.#db.prepare('DELETE FROM texts WHERE rowid = ?').run(index)
      this.#db.prepare('INSERT INTO texts (rowid, body) VALUES (?, ?)').run(index, text)
    })()
    this.#db.pragma('wal_checkpoint(TRUNCATE)')
  }

  close(): void {
    this.#db.close()
  }
}
