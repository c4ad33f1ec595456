import type Database from 'better-sqlite3'

/** Facts whose vectors are looked at for one question, newest first: as many as take some tens of milliseconds. */
const MOST_LOOKED_AT = 8_000
/** Largest number of eight bits with a sign. */
const LARGEST = 127

export const vectorSchema = `
CREATE TABLE IF NOT EXISTS vectors (
  fact INTEGER PRIMARY KEY,
  model TEXT NOT NULL,
  vector BLOB NOT NULL
) STRICT;
CREATE TRIGGER IF NOT EXISTS facts_removed_vectors AFTER DELETE ON facts BEGIN
  DELETE FROM vectors WHERE fact = old.id;
END;
`

export interface Unplaced {
  readonly id: number
  readonly text: string
}

export interface Near {
  readonly id: number
  /** Cosine of the angle between question and fact: 1 for the same direction. */
  readonly likeness: number
}

/** The vectors of facts, in the same encrypted database as the facts; each says which model made it. */
export class FactVectors {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  /** Facts that have no vector of this model yet, newest first. */
  missing(model: string, now: number, limit: number): Unplaced[] {
    return this.#db
      .prepare(
        `SELECT id, text FROM facts WHERE (expires_at IS NULL OR expires_at > ?)
           AND NOT EXISTS (SELECT 1 FROM vectors WHERE fact = facts.id AND model = ?) ORDER BY id DESC LIMIT ?`,
      )
      .all(now, model, limit) as Unplaced[]
  }

  /** Keeps the vector of a fact, in place of one of another model. One that was changed or forgotten meanwhile gets none. */
  keep({ id, text }: Unplaced, model: string, vector: Float32Array): void {
    const bytes = packed(vector)
    this.#db
      .prepare('INSERT OR REPLACE INTO vectors SELECT id, ?, ? FROM facts WHERE id = ? AND text = ?')
      .run(model, bytes, id, text)
  }

  /** Facts by how near their vectors of this model lie to that of a question, nearest first. `clause` is about `facts`. */
  nearest(
    model: string,
    question: Float32Array,
    { clause, values, now }: { readonly clause: string; readonly values: readonly string[]; readonly now: number },
    limit: number,
  ): Near[] {
    const rows = this.#db
      .prepare(
        `SELECT id, vector FROM vectors JOIN facts ON facts.id = vectors.fact
         WHERE model = ? AND (expires_at IS NULL OR expires_at > ?) ${clause} ORDER BY fact DESC LIMIT ?`,
      )
      .iterate(model, now, ...values, MOST_LOOKED_AT) as Iterable<{ id: number; vector: Buffer }>
    const near: Near[] = []
    for (const { id, vector } of rows) {
      if (vector.length === question.length && vector.length > 0)
        near.push({ id, likeness: likeness(question, vector) })
    }
    return near.sort((left, right) => right.likeness - left.likeness).slice(0, limit)
  }
}

/** Eight bits a number, of which only the direction is read again: a quarter of the pages to decrypt, for an error below 1 %. */
function packed(vector: Float32Array): Buffer {
  const largest = vector.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  return Buffer.from(Int8Array.from(vector, (value) => Math.round((value / largest) * LARGEST)).buffer)
}

/** The cosine of the angle between a question, which has length 1, and a packed vector. */
function likeness(question: Float32Array, bytes: Buffer): number {
  const vector = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length)
  let product = 0
  let square = 0
  for (let at = 0; at < vector.length; at++) {
    const value = vector[at] as number
    product += value * (question[at] as number)
    square += value * value
  }
  return square === 0 ? 0 : product / Math.sqrt(square)
}
