import type { CastellanError, ChatId } from '@castellan/contracts'
import type { Log } from '@castellan/daemon'
import type { StoreThread } from '../store/thread.ts'
import type { ChatBatch, ChatMeta, NewEntry } from './entry.ts'

/** What nobody waits for is written at the latest after so long, in milliseconds. */
const LINGER_MS = 50
/** Between two tries while the disk refuses, in milliseconds. */
const RETRY_MS = 1_000
/** Characters that wait for the disk before who speaks has to wait as well. */
const CROWDED_CHARACTERS = 2 * 1024 * 1024
/** Most that waits for it: entries and characters. Beyond it, turns are stopped rather than memory filled. */
const MAX_ENTRIES = 20_000
const MAX_CHARACTERS = 64 * 1024 * 1024

/** Deltas that are joined before they are written; what was written is joined when the text is complete. */
const MOST_DELTAS = 256

interface Pending {
  meta: ChatMeta
  entries: NewEntry[]
}

/**
 * Takes down what chats say, without holding them up: deltas gather for a moment, one transaction takes what all chats said
 * meanwhile, and only who has to be sure waits. Nothing is given up: what the disk refuses is tried again, in order.
 */
export class TranscriptWriter {
  readonly #thread: StoreThread
  readonly #log: Log
  #pending = new Map<ChatId, Pending>()
  #count = 0
  #characters = 0
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> | null = null
  #failure: CastellanError | null = null

  constructor(thread: StoreThread, log: Log) {
    this.#thread = thread
    this.#log = log
  }

  /** Why what is said cannot be written down at present; null while it can. */
  get failure(): CastellanError | null {
    return this.#failure
  }

  get crowded(): boolean {
    return this.#characters > CROWDED_CHARACTERS
  }

  /** Whether so much waits for the disk that nothing more should be said. */
  get overfull(): boolean {
    return this.#count > MAX_ENTRIES || this.#characters > MAX_CHARACTERS
  }

  append(meta: ChatMeta, entry: NewEntry): void {
    const pending = this.#pending.get(meta.name)
    if (pending === undefined) this.#pending.set(meta.name, { meta, entries: [entry] })
    else {
      pending.meta = meta
      add(pending.entries, entry)
    }
    this.#count += 1
    this.#characters += (entry.frame?.length ?? 0) + (entry.words?.length ?? 0)
    this.#timer ??= setTimeout(() => void this.#write().catch(() => undefined), LINGER_MS)
  }

  /** Resolves when everything that was appended so far is on disk. Rejects with `conversations_unwritable` or why else it is not. */
  async settled(): Promise<void> {
    // What is being written now may have begun before the newest entry came.
    await this.#writing?.catch(() => undefined)
    await (this.#pending.size > 0 ? this.#write() : this.#writing)
  }

  /** Forgets what was not written yet of a chat that is deleted. */
  forget(name: ChatId): void {
    this.#pending.delete(name)
  }

  #write(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = null
      if (this.#pending.size === 0 || this.#timer !== undefined) return
      const wait = this.#failure === null ? LINGER_MS : RETRY_MS
      this.#timer = setTimeout(() => void this.#write().catch(() => undefined), wait)
      if (this.#failure !== null) this.#timer.unref()
    })
    return this.#writing
  }

  async #writeAll(): Promise<void> {
    const taken = this.#pending
    const batches: ChatBatch[] = [...taken.values()].map(({ meta, entries }) => ({ ...meta, entries }))
    this.#pending = new Map()
    const [count, characters] = [this.#count, this.#characters]
    try {
      await this.#thread.call('conversations', 'append', batches)
      this.#count -= count
      this.#characters -= characters
      if (this.#failure !== null) this.#log.info('what is said in chats can be written down again')
      this.#failure = null
    } catch (error) {
      this.#putBack(taken)
      if (this.#failure === null) this.#log.error({ err: error }, 'what is said in chats cannot be written down')
      this.#failure = error as CastellanError
      throw error
    }
  }

  #putBack(taken: Map<ChatId, Pending>): void {
    for (const [name, { meta, entries }] of this.#pending) {
      const earlier = taken.get(name)
      if (earlier === undefined) taken.set(name, { meta, entries })
      else {
        earlier.meta = meta
        for (const entry of entries) add(earlier.entries, entry)
      }
    }
    this.#pending = taken
  }
}

/** Deltas that follow each other become one entry. */
function add(entries: NewEntry[], entry: NewEntry): void {
  const last = entries.at(-1)
  const joins = [last, entry].every((one) => one?.type === 'text' && one.frame === null)
  const isFull = (last?.cuts?.length ?? 0) >= MOST_DELTAS
  if (last === undefined || !joins || isFull || last.lastSeq + 1 !== entry.firstSeq) {
    entries.push(entry)
    return
  }
  entries[entries.length - 1] = {
    ...last,
    lastSeq: entry.lastSeq,
    words: `${last.words}${entry.words}`,
    cuts: [...(last.cuts ?? []), ...(entry.cuts ?? [])],
  }
}
