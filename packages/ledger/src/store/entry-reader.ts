import type { LedgerEntry, LedgerPayload, LedgerRecord } from '@castellan/contracts'
import type { LogState } from '../append/state.ts'
import { decodeLeaf } from '../entry/leaf.ts'
import type { OpenedField, PayloadCipher } from '../entry/payload.ts'
import { isTombstone } from '../entry/tombstone.ts'
import { damaged, LedgerError } from '../error.ts'
import { rootOf, sha256 } from '../merkle/hash.ts'
import { TILE_HEIGHT } from '../merkle/tiles.ts'
import { TileReader } from './tile-reader.ts'

/** Reads an open log: what is not in full bundles yet from memory, the rest from the disk. */
export class EntryReader {
  readonly #state: LogState
  readonly #cipher: PayloadCipher
  readonly #tiles: TileReader

  constructor(dir: string, state: LogState, cipher: PayloadCipher) {
    this.#state = state
    this.#cipher = cipher
    this.#tiles = new TileReader(dir)
  }

  async leaf(index: number): Promise<Buffer> {
    const { tail, tailStart, frontier } = this.#state
    if (!Number.isSafeInteger(index) || index < 0 || index >= frontier.size)
      throw new LedgerError('not_found', `There is no entry ${index}; the newest is ${frontier.size - 1}.`)
    return tail[index - tailStart]?.leaf ?? this.#tiles.leaf(index)
  }

  async entry(index: number): Promise<LedgerEntry> {
    return decodeLeaf(await this.leaf(index), index)
  }

  /** An entry without a check of its form: what the log's own writer wrote is only looked at. Null for one lost to damage. */
  async peek(index: number): Promise<LedgerEntry | null> {
    const leaf = await this.leaf(index)
    return isTombstone(leaf) ? null : (JSON.parse(leaf.toString()) as LedgerEntry)
  }

  /** Payload fields with their salts; null where the entry has none. `payload_erased` once it was destroyed. */
  async openPayload(index: number): Promise<Record<string, OpenedField> | null> {
    const entry = await this.entry(index)
    if (entry.payload === undefined) return null
    const { tail, tailStart } = this.#state
    const record = tail[index - tailStart]?.payload ?? (await this.#tiles.payload(index))
    if (record.length === 0)
      throw new LedgerError('payload_erased', `The payload of entry ${index} was erased.`, { detail: { index } })
    if (sha256(record).toString('hex') !== entry.payload)
      throw damaged(`The payload of entry ${index} is not the one that was written`, { index })
    return this.#cipher.open(index, record)
  }

  async payload(index: number): Promise<LedgerPayload | null> {
    const fields = await this.openPayload(index)
    return fields === null
      ? null
      : Object.fromEntries(Object.entries(fields).map(([field, { value }]) => [field, value]))
  }

  async record(index: number): Promise<LedgerRecord> {
    const entry = await this.entry(index)
    if (entry.payload === undefined) return { entry, payload_state: 'none' }
    try {
      return { entry, payload_state: 'present', payload: (await this.payload(index)) ?? {} }
    } catch (error) {
      const erased = error instanceof LedgerError && error.code === 'payload_erased'
      return { entry, payload_state: erased ? 'erased' : 'unreadable' }
    }
  }

  /** Payloads, unlike all else, can go: whoever destroys some says so here. */
  forgetPayloads(): void {
    this.#tiles.forgetPayloads()
  }

  /** Hash of the complete subtree of height `height` at `index`. */
  readonly subtree = async (height: number, index: number): Promise<Buffer> => {
    const level = Math.floor(height / TILE_HEIGHT)
    const width = 2 ** (height % TILE_HEIGHT)
    const held = this.#state.edge.hashes(level, index * width, width)
    return rootOf(held ?? (await this.#tiles.hashes(level, index * width, width)))
  }
}
