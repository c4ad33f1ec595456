import type { LedgerActor, LedgerDraft, LedgerEntry, LedgerPayload } from '@castellan/contracts'
import type { Appended } from '../append/batch.ts'
import { LedgerError } from '../error.ts'
import type { LedgerParts } from '../open/open.ts'
import type { LedgerSearch } from '../search/search.ts'
import type { EntryReader } from '../store/entry-reader.ts'
import { destroyPayloads, type IndexRange } from './destroy.ts'
import { clearPending, notePending, readPending } from './pending.ts'

export interface EraserParts extends Pick<LedgerParts, 'dir' | 'keyDir' | 'state' | 'writer' | 'settler'> {
  readonly reader: EntryReader
  readonly search: LedgerSearch
  readonly append: (draft: LedgerDraft, payload: LedgerPayload) => Promise<Appended>
}

/** Whose payloads go, why, and on whose word. */
export interface Erasure {
  readonly index: number
  readonly reason: string
  readonly actor: LedgerActor
}

/** Destroys payloads: each time an entry first, then the deed, which the next start finishes if a crash kept it. */
export class Eraser {
  readonly #parts: EraserParts

  constructor(parts: EraserParts) {
    this.#parts = parts
  }

  async erase({ index, reason, actor }: Erasure): Promise<Appended> {
    if ((await this.#parts.reader.openPayload(index)) === null)
      throw new LedgerError('not_found', `Entry ${index} has no payload.`, { detail: { index } })
    return this.#destroy({ first: index, last: index }, { type: 'payload_erased', actor, target: index }, { reason })
  }

  /**
   * The same for every entry of the call that entry `index` belongs to: what a person was asked, the intent and the outcome
   * hold the same arguments. `conflict` while the call is under way, for its outcome is still to come.
   */
  async eraseCall({ index, reason, actor }: Erasure): Promise<Appended[]> {
    const entries = await this.ofCall(index)
    const open = entries.find((entry) => this.#parts.state.open.has(entry.index))
    if (open !== undefined) {
      const message = `The call of entry ${index} is under way: its outcome would keep what is erased now. Wait for it.`
      throw new LedgerError('conflict', message, { detail: { intent: open.index } })
    }
    const appended: Appended[] = []
    for (const entry of entries) appended.push(await this.erase({ index: entry.index, reason, actor }))
    if (appended.length > 0) return appended
    throw new LedgerError('payload_erased', `No entry of the call that entry ${index} belongs to has a payload left.`)
  }

  /** The entries of the call that entry `index` belongs to, itself among them, that still have a payload; oldest first. */
  async ofCall(index: number): Promise<LedgerEntry[]> {
    const { reader, search } = this.#parts
    const { call_id, intent } = await reader.entry(index)
    const call = call_id ?? (intent === undefined ? undefined : (await reader.entry(intent)).call_id)
    const found = new Set([index, ...(call === undefined ? [] : await search.ofCall(call))])
    const held: LedgerEntry[] = []
    for (const at of [...found].sort((a, b) => a - b)) {
      const { entry, payload_state } = await reader.record(at)
      if (payload_state === 'present' || payload_state === 'unreadable') held.push(entry)
    }
    return held
  }

  async prune({ before, actor }: { before: number; actor: LedgerActor }): Promise<Appended | null> {
    const { search, state } = this.#parts
    const pruned = (await search.query({ type: 'payloads_pruned', limit: 1 })).entries[0]
    const first = pruned === undefined ? 0 : Number(pruned.facts?.last) + 1
    const oldestOpen = Math.min(Number.POSITIVE_INFINITY, ...state.open)
    const last = Math.min(await search.lastBefore(before), oldestOpen - 1)
    if (last < first) return null
    return this.#destroy({ first, last }, { type: 'payloads_pruned', actor, facts: { first, last } }, {})
  }

  /** Finishes an erasure that is on record but was interrupted. */
  async finish(): Promise<void> {
    const { keyDir, reader, state } = this.#parts
    const pending = await readPending(keyDir)
    if (pending === null) return
    for (let index = pending.from; index < state.frontier.size; index += 1) {
      const { type, target, facts } = (await reader.peek(index)) ?? {}
      const recorded =
        type === 'payload_erased'
          ? target === pending.first
          : type === 'payloads_pruned' && facts?.first === pending.first
      if (!recorded) continue
      await this.#destroyNow(pending)
      break
    }
    await clearPending(keyDir)
  }

  async #destroy(range: IndexRange, draft: LedgerDraft, payload: LedgerPayload): Promise<Appended> {
    const { keyDir, append, state } = this.#parts
    await notePending(keyDir, { from: state.frontier.size, ...range })
    const appended = await append(draft, payload)
    await this.#destroyNow(range)
    await clearPending(keyDir)
    return appended
  }

  async #destroyNow(range: IndexRange): Promise<void> {
    const { dir, state, writer, settler, reader, search } = this.#parts
    await settler.exclusively(() => writer.exclusively(() => destroyPayloads(dir, state, writer, range)))
    reader.forgetPayloads()
    for (let index = range.first; index <= range.last; index += 1) {
      if ((await reader.peek(index))?.commitments?.summary !== undefined) await search.forget(index)
    }
  }
}
