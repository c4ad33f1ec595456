import { CastellanError, type LedgerEntry, type LedgerIndex } from '@castellan/contracts'
import type { Log } from '@castellan/daemon'
import type { Ledger } from '@castellan/ledger'
import type { LedgerFollower } from '../ledger/follower.ts'
import type { StateFile } from '../state/state-file.ts'
import { Book } from './book.ts'
import type { BookFile } from './book-file.ts'

/** Entries after which the book is saved, so that a start has no more than these to read again. */
const SAVE_EVERY = 1024

export interface BookKeeperParts {
  readonly file: StateFile<typeof BookFile>
  /** Under which paths are digested. */
  readonly marksKey: Buffer
  readonly log: Log
}

/** Keeps the book in step with the ledger. The file only shortens the next start: what it lacks is read from the ledger. */
export class BookKeeper implements LedgerFollower {
  readonly #parts: BookKeeperParts
  readonly #listeners: ((entry: LedgerEntry) => void)[] = []
  #book: Book
  #savedSize: number

  private constructor(parts: BookKeeperParts, book: Book) {
    this.#parts = parts
    this.#book = book
    this.#savedSize = book.size
  }

  static async open(parts: BookKeeperParts): Promise<BookKeeper> {
    const saved = await parts.file.load().catch((error: unknown) => {
      parts.log.warn({ err: error }, 'what was saved of sessions is damaged: they are read from the ledger anew')
      return undefined
    })
    return new BookKeeper(parts, new Book(parts.marksKey, saved))
  }

  /** As it stands; another one once a ledger was put in the place of the one it followed. */
  get book(): Book {
    return this.#book
  }

  /** Calls `listener` with each new entry, right before the book takes note of it. */
  before(listener: (entry: LedgerEntry) => void): void {
    this.#listeners.push(listener)
  }

  async catchUp(ledger: Ledger): Promise<void> {
    const follows = await this.#follows(ledger)
    // What was read stays read, even if the ledger that said so is gone.
    const labels = follows ? [] : [...this.#book.common]
    if (!follows) {
      const { log, marksKey } = this.#parts
      log.warn(
        { known: this.#book.size, size: ledger.size },
        'the ledger is another one: sessions are read from it anew',
      )
      this.#book = new Book(marksKey)
    }
    for (let index = this.#book.size; index < ledger.size; index += 1) {
      const entry = await readable(ledger, index)
      if (entry === null) this.#book.miss(index)
      else this.#book.fold(entry)
    }
    this.#book.taint(undefined, labels)
  }

  note(entry: LedgerEntry): void {
    for (const listener of this.#listeners) listener(entry)
    this.#book.fold(entry)
    if (this.#book.size - this.#savedSize < SAVE_EVERY) return
    this.#savedSize = this.#book.size
    void this.save()
  }

  /** On disk when it returns, if it can be written at all. */
  async save(): Promise<void> {
    const { file, log } = this.#parts
    await file.save(this.#book.save()).catch((error: unknown) => {
      log.error({ err: error }, 'what is known of sessions was not saved; the next start reads it from the ledger')
    })
  }

  /** Whether the book's newest entry is where the ledger has it. */
  async #follows(ledger: Ledger): Promise<boolean> {
    const { size, prev } = this.#book
    if (size === 0) return true
    if (size > ledger.size) return false
    const entry = await readable(ledger, size - 1)
    return entry === null || prev === null || entry.prev === prev
  }
}

/** Null where a repair put the entry on record as lost. */
async function readable(ledger: Ledger, index: LedgerIndex): Promise<LedgerEntry | null> {
  return ledger.read(index).catch((error: unknown) => {
    if (error instanceof CastellanError && error.code === 'ledger_damaged') return null
    throw error
  })
}
