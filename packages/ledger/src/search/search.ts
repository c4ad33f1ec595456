import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describeIssues, type LedgerEntry, LedgerQuery } from '@castellan/contracts'
import { LedgerError } from '../error.ts'
import { IndexDb, type IndexedEntry } from './index-db.ts'
import { searchableText } from './text.ts'

const INDEX_FILE = 'index.sqlite'

/** Entries indexed in one transaction: some 10 ms in which nothing else runs. */
const AT_ONCE = 256

/** A call has an intent, an outcome, and some entries for each approval it asked for. */
const MOST_OF_A_CALL = 10_000

/** What the index is built from. */
export interface IndexSource {
  readonly size: number
  read(index: number): Promise<LedgerEntry>
  /** The same without checking its form: what the log's own writer wrote is only looked at here. Null for one lost to damage. */
  peek(index: number): Promise<LedgerEntry | null>
  /** Leaf hash, hex. */
  leafHash(index: number): Promise<string>
  /** The payload field `summary`; undefined where there is none (any more). */
  summary(entry: LedgerEntry): Promise<unknown>
}

export interface QueryResult {
  readonly entries: readonly LedgerEntry[]
  /** `before` of the next page; null on the last. */
  readonly next: number | null
}

/** Queries over the log. The index is brought up to the newest entry before each answer. */
export class LedgerSearch {
  readonly #keyDir: string
  readonly #key: Buffer
  readonly #source: IndexSource
  #db: IndexDb | null = null
  #catchingUp: Promise<IndexDb> | null = null

  constructor(keyDir: string, key: Buffer, source: IndexSource) {
    this.#keyDir = keyDir
    this.#key = key
    this.#source = source
  }

  async query(query: LedgerQuery): Promise<QueryResult> {
    const parsed = LedgerQuery.safeParse(query)
    if (!parsed.success)
      throw new LedgerError('invalid_request', `Not a ledger query: ${describeIssues(parsed.error)}.`)
    const db = await this.catchUp()
    const indexes = db.find(parsed.data)
    const entries = await Promise.all(indexes.map((index) => this.#source.read(index)))
    return { entries, next: indexes.length === parsed.data.limit ? (indexes.at(-1) ?? null) : null }
  }

  /** Indexes of all entries of a call. */
  async ofCall(call_id: string): Promise<number[]> {
    return (await this.catchUp()).find({ call_id, limit: MOST_OF_A_CALL })
  }

  /** Index of the newest entry from before `time` (ms since 1970), -1 where there is none. */
  async lastBefore(time: number): Promise<number> {
    return (await this.catchUp()).lastBefore(time)
  }

  /** Indexes what was appended since; callers that come meanwhile share the work. */
  catchUp(): Promise<IndexDb> {
    this.#catchingUp ??= this.#catchUp().finally(() => {
      this.#catchingUp = null
    })
    return this.#catchingUp
  }

  /** Drops the summary of an entry from the index. */
  async forget(index: number): Promise<void> {
    const db = await this.catchUp()
    db.replaceText(index, searchableText(await this.#source.read(index), undefined))
  }

  async close(): Promise<void> {
    await this.#catchingUp?.catch(() => undefined)
    this.#db?.close()
    this.#db = null
  }

  async #catchUp(): Promise<IndexDb> {
    const db = this.#db ?? (await this.#open())
    this.#db = db
    for (let { size } = db.head; size < this.#source.size; { size } = db.head) {
      const end = Math.min(size + AT_ONCE, this.#source.size)
      const entries: IndexedEntry[] = []
      for (let index = size; index < end; index += 1) {
        const entry = await this.#source.peek(index)
        if (entry === null) continue
        const summary = entry.commitments?.summary === undefined ? undefined : await this.#source.summary(entry)
        entries.push({ entry, text: searchableText(entry, summary) })
      }
      db.add(entries, { size: end, leaf: await this.#source.leafHash(end - 1) })
      await new Promise(setImmediate)
    }
    return db
  }

  /** The index as it lies there if it fits the log; otherwise a new, empty one. */
  async #open(): Promise<IndexDb> {
    const path = join(this.#keyDir, INDEX_FILE)
    try {
      const db = IndexDb.open(path, this.#key)
      if (await this.#fits(db)) return db
      db.close()
    } catch {
      // Unreadable or of another version: it holds nothing that the log does not.
    }
    for (const suffix of ['', '-wal', '-shm']) await rm(`${path}${suffix}`, { force: true })
    return IndexDb.open(path, this.#key)
  }

  async #fits(db: IndexDb): Promise<boolean> {
    const { size, leaf } = db.head
    return size === 0 || (size <= this.#source.size && leaf === (await this.#source.leafHash(size - 1)))
  }
}
