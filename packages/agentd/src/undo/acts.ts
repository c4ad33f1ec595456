import {
  type CallOrigin,
  CastellanError,
  type LedgerEntry,
  type LedgerIndex,
  type LedgerPayload,
  type LedgerQuery,
} from '@castellan/contracts'
import { z } from 'zod'
import type { Recorder } from '../ledger/recorder.ts'

/** How far back "the last thing you did" is looked for, in entries that match. */
const LOOK_BACK = 1000

/** The inverse that undoing an act leaves: that of the tool it spoke to, without the undo in between. */
export const UndoneAct = z.strictObject({ tool: z.string(), data: z.unknown() })
export type UndoneAct = z.infer<typeof UndoneAct>

const KeptInverse = z.looseObject({ tool: z.string(), description: z.string().default(''), data: z.unknown() })

/** An act that can be taken back, as the ledger has it. */
export interface Act {
  /** Ledger number of the entry that closes it: its outcome, or that it was interrupted. */
  readonly outcome: LedgerIndex
  readonly interrupted: boolean
  /** The tool whose `revert` takes it back, and what that needs. */
  readonly tool: string
  readonly data: unknown
  /** What undoing it does, one sentence, as the act itself said. */
  readonly description: string
}

/** The acts in the ledger, as undoing sees them. */
export class Acts {
  readonly #ledger: Recorder

  constructor(ledger: Recorder) {
    this.#ledger = ledger
  }

  /** The act one of whose entries (intent, outcome, interrupted) has this number. Throws `not_found` or `not_undoable`. */
  async numbered(index: LedgerIndex): Promise<Act> {
    const { entry } = await this.#ledger.read(index)
    if (entry.type === 'outcome' || entry.type === 'interrupted') return this.#actOf(entry)
    if (entry.type !== 'intent' || entry.call_id === undefined) {
      throw new CastellanError(
        'not_undoable',
        `Entry ${index} is no act but records ${entry.type.replaceAll('_', ' ')}.`,
      )
    }
    for (const type of ['outcome', 'interrupted'] as const) {
      const { records } = await this.#ledger.query({ call_id: entry.call_id, type, limit: 1 })
      const [closing] = records
      if (closing !== undefined) return this.#actOf(closing.entry)
    }
    throw new CastellanError('not_undoable', `Act ${index} still runs. Wait for its outcome, or stop its caller.`)
  }

  /** The newest act of the caller that is not taken back yet: of this session, else of this agent. Throws `not_undoable`. */
  async newestOf({ agent, session }: CallOrigin): Promise<Act> {
    const newest = (await this.#newest({ actor: agent, session })) ?? (await this.#newest({ actor: agent }))
    if (newest !== undefined) return newest
    throw new CastellanError(
      'not_undoable',
      'Nothing this agent did can be taken back. `agentctl ledger tail` lists all acts with their numbers.',
    )
  }

  /** Throws `already_undone`, naming the act that did it. */
  async refuseUndone(act: Act): Promise<void> {
    const undoneBy = await this.undoneBy(act)
    if (undoneBy === undefined) return
    throw new CastellanError(
      'already_undone',
      `Act ${act.outcome} was taken back by act ${undoneBy}. To have it again, undo ${undoneBy}.`,
      { detail: { undone_by: undoneBy } },
    )
  }

  /** The act that took this one back, if one did. */
  async undoneBy({ outcome }: Act): Promise<LedgerIndex | undefined> {
    return this.#undoneBy(outcome)
  }

  async #newest(filter: LedgerQuery): Promise<Act | undefined> {
    let seen = 0
    for await (const entry of this.#outcomes({ ...filter, ok: true }, 0)) {
      seen += 1
      if (seen > LOOK_BACK) return undefined
      if (entry.effect === 'read') continue
      const act = await this.#tryActOf(entry)
      if (act !== undefined && (await this.#undoneBy(act.outcome)) === undefined) return act
    }
    return undefined
  }

  async #undoneBy(outcome: LedgerIndex): Promise<LedgerIndex | undefined> {
    for await (const entry of this.#outcomes({ tool: 'undo_apply', ok: true }, outcome)) {
      if (entry.target === outcome) return entry.index
    }
    return undefined
  }

  /** Outcome entries newest first, down to (and without) number `above`. */
  async *#outcomes(filter: LedgerQuery, above: LedgerIndex): AsyncGenerator<LedgerEntry> {
    let before: LedgerIndex | undefined
    for (;;) {
      const page = { type: 'outcome' as const, limit: 100, ...(before === undefined ? {} : { before }) }
      const { records, more } = await this.#ledger.query({ ...filter, ...page })
      for (const { entry } of records) {
        if (entry.index <= above) return
        yield entry
      }
      before = records.at(-1)?.entry.index
      if (!more || before === undefined) return
    }
  }

  async #actOf(entry: LedgerEntry): Promise<Act> {
    const act = await this.#tryActOf(entry)
    if (act !== undefined) return act
    throw new CastellanError(
      'not_undoable',
      `Act ${entry.index} (${entry.tool}) kept nothing by which to take it back.`,
    )
  }

  async #tryActOf({ index, type }: LedgerEntry): Promise<Act | undefined> {
    const { payload } = await this.#ledger.read(index)
    const kept = KeptInverse.safeParse(inverseIn(payload))
    if (!kept.success) return undefined
    const { tool, data } = kept.data.tool === 'undo_apply' ? UndoneAct.parse(kept.data.data) : kept.data
    return { outcome: index, interrupted: type === 'interrupted', tool, data, description: kept.data.description }
  }
}

function inverseIn(payload: LedgerPayload | undefined): unknown {
  return payload?.inverse
}
