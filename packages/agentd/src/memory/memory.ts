import { chmodSync } from 'node:fs'
import { CastellanError, TaintLabel } from '@castellan/contracts'
import Database from 'better-sqlite3'
import { z } from 'zod'
import type { Fact, FactFilter, MemoryPort, NewFact, Recalled } from '../host/memory.ts'
import { FactVectors, type Unplaced, vectorSchema } from './vectors.ts'

/** Facts that are kept at most. */
const MOST_FACTS = 100_000
/** Words of a question that are looked for. */
const MOST_WORDS = 32

const schema = `
CREATE TABLE IF NOT EXISTS facts (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  text TEXT NOT NULL,
  source TEXT NOT NULL,
  tags TEXT NOT NULL,
  confidence REAL NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  stored_by TEXT NOT NULL,
  labels TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS facts_by_expiry ON facts (expires_at) WHERE expires_at IS NOT NULL;
CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(
  text, tags, source, content='facts', content_rowid='id', tokenize='porter unicode61 remove_diacritics 2'
);
CREATE TRIGGER IF NOT EXISTS facts_added AFTER INSERT ON facts BEGIN
  INSERT INTO words (rowid, text, tags, source) VALUES (new.id, new.text, new.tags, new.source);
END;
CREATE TRIGGER IF NOT EXISTS facts_removed AFTER DELETE ON facts BEGIN
  INSERT INTO words (words, rowid, text, tags, source) VALUES ('delete', old.id, old.text, old.tags, old.source);
END;
${vectorSchema}`

const Row = z.object({
  id: z.number(),
  text: z.string(),
  source: z.string(),
  tags: z.string(),
  confidence: z.number(),
  created_at: z.number(),
  expires_at: z.number().nullable(),
  stored_by: z.string(),
  labels: z.string(),
})

/**
 * Facts in an SQLite database that is encrypted as a whole (SQLCipher's format), found by their words: FTS5 ranks them by
 * BM25. Forgetting overwrites what was on disk (`secure_delete`).
 */
export class Memory implements MemoryPort {
  readonly #db: Database
  readonly #now: () => number
  readonly #vectors: FactVectors
  #reserved = 0

  /** `key` has 32 bytes. Throws `memory_unreadable` for a database under another key, or a damaged one. */
  constructor(path: string, key: Buffer, now: () => number = Date.now) {
    this.#now = now
    this.#db = new Database(path)
    try {
      this.#db.pragma("cipher = 'sqlcipher'")
      this.#db.pragma(`key = "x'${key.toString('hex')}'"`)
      this.#db.pragma('journal_mode = WAL')
      this.#db.pragma('synchronous = FULL')
      this.#db.pragma('secure_delete = ON')
      this.#db.exec(schema)
    } catch (cause) {
      this.#db.close()
      throw new CastellanError(
        'memory_unreadable',
        `${path} cannot be opened: it is damaged, or was written under another key. Put it back from a backup together with ` +
          'state.key, or move it away to begin with an empty memory.',
        { cause },
      )
    }
    chmodSync(path, 0o600)
    this.#vectors = new FactVectors(this.#db)
  }

  reserve(): number {
    const row = this.#db.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'facts'").get()
    const used = row === undefined ? 0 : z.object({ seq: z.number() }).parse(row).seq
    this.#reserved = Math.max(used, this.#reserved) + 1
    return this.#reserved
  }

  store(fact: NewFact): Fact {
    this.#dropExpired()
    const { count } = this.#db.prepare('SELECT count(*) AS count FROM facts').get() as { count: number }
    if (count >= MOST_FACTS) {
      throw new CastellanError(
        'too_large',
        `${MOST_FACTS} facts are remembered, as many as there is room for. Forget some first.`,
      )
    }
    const kept: Fact = { ...fact, createdAt: new Date(this.#now()) }
    this.#insert(kept)
    return kept
  }

  restore(fact: Fact): void {
    this.#db.transaction(() => {
      this.#db.prepare('DELETE FROM facts WHERE id = ?').run(fact.id)
      this.#insert(fact)
    })()
  }

  find(id: number): Fact {
    const row = this.#db.prepare(`SELECT * FROM facts WHERE id = ? AND ${alive}`).get(id, this.#now())
    if (row !== undefined) return factOf(row)
    throw new CastellanError('not_found', `Nothing is remembered as number ${id}. memory_list shows what is.`)
  }

  recall(words: string, filter: FactFilter, limit: number): Recalled[] {
    const question = questionOf(words)
    if (question === '') return []
    const [clause, values] = tagged(filter)
    // A word in the text counts most; bm25() is smaller for what fits better. What is unsure counts for less.
    const rows = this.#db
      .prepare(
        `SELECT facts.*, -bm25(words, 4.0, 2.0, 1.0) * (0.5 + confidence / 2) AS score FROM words
         JOIN facts ON facts.id = words.rowid
         WHERE words MATCH ? AND ${alive} ${clause} ORDER BY score DESC, id DESC LIMIT ?`,
      )
      .all(question, this.#now(), ...values, limit)
    return rows.map((row) => ({ fact: factOf(row), score: z.object({ score: z.number() }).parse(row).score }))
  }

  list(
    filter: FactFilter,
    { limit, before }: { readonly limit: number; readonly before: number | undefined },
  ): { facts: Fact[]; total: number } {
    const [clause, values] = tagged(filter)
    const where = `FROM facts WHERE ${alive} ${clause}`
    const { total } = this.#db.prepare(`SELECT count(*) AS total ${where}`).get(this.#now(), ...values) as {
      total: number
    }
    const page = `SELECT * ${where} AND id < ? ORDER BY id DESC LIMIT ?`
    const rows = this.#db.prepare(page).all(this.#now(), ...values, before ?? Number.MAX_SAFE_INTEGER, limit)
    return { facts: rows.map(factOf), total }
  }

  forget(id: number): Fact {
    const fact = this.find(id)
    this.#db.prepare('DELETE FROM facts WHERE id = ?').run(id)
    // What was deleted is still in the log that runs ahead of the database.
    this.#db.pragma('wal_checkpoint(TRUNCATE)')
    return fact
  }

  /** Facts by how near in meaning they are to a question, of those that have a vector of this model; nearest first. */
  nearest(
    model: string,
    question: Float32Array,
    filter: FactFilter,
    limit: number,
  ): { readonly fact: Fact; readonly likeness: number }[] {
    const [clause, values] = tagged(filter)
    const near = this.#vectors.nearest(model, question, { clause, values, now: this.#now() }, limit)
    const fact = this.#db.prepare('SELECT * FROM facts WHERE id = ?')
    return near.map(({ id, likeness }) => ({ fact: factOf(fact.get(id)), likeness }))
  }

  /** Facts that a vector of this model is to be made of. */
  withoutVector(model: string, limit: number): Unplaced[] {
    return this.#vectors.missing(model, this.#now(), limit)
  }

  keepVector(fact: Unplaced, model: string, vector: Float32Array): void {
    this.#vectors.keep(fact, model, vector)
  }

  close(): void {
    this.#db.close()
  }

  #insert(fact: Fact): void {
    const { id, text, source, tags, confidence, createdAt, expiresAt, by, labels } = fact
    this.#db
      .prepare('INSERT INTO facts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)')
      .run(
        id,
        text,
        source,
        JSON.stringify(tags),
        confidence,
        createdAt.getTime(),
        expiresAt?.getTime() ?? null,
        by,
        JSON.stringify(labels),
      )
  }

  #dropExpired(): void {
    this.#db.prepare('DELETE FROM facts WHERE expires_at IS NOT NULL AND expires_at <= ?').run(this.#now())
  }
}

const alive = '(expires_at IS NULL OR expires_at > ?)'

/**
 * A question for FTS5: any of its words, each in quotes, so that nothing in it is read as the query language. Words match
 * from their beginning.
 */
function questionOf(words: string): string {
  const terms = words.match(/[\p{L}\p{N}]+/gu) ?? []
  return terms
    .slice(0, MOST_WORDS)
    .map((term) => `"${term}"*`)
    .join(' OR ')
}

function tagged({ tags = [] }: FactFilter): [clause: string, values: readonly string[]] {
  const each = ' AND EXISTS (SELECT 1 FROM json_each(facts.tags) WHERE value = ?)'
  return [each.repeat(tags.length), tags]
}

function factOf(row: unknown): Fact {
  const { id, text, source, tags, confidence, created_at, expires_at, stored_by, labels } = Row.parse(row)
  return {
    id,
    text,
    source,
    tags: z.array(z.string()).parse(JSON.parse(tags)),
    confidence,
    createdAt: new Date(created_at),
    expiresAt: expires_at === null ? null : new Date(expires_at),
    by: stored_by,
    labels: z.array(TaintLabel).parse(JSON.parse(labels)),
  }
}
