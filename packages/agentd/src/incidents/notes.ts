import { LedgerDraft } from '@castellan/contracts'
import type { Log } from '@castellan/daemon'
import { z } from 'zod'
import type { Recorder } from '../ledger/recorder.ts'

/** What the ledger has yet to be told of incidents. */
export const Note = z.strictObject({ draft: LedgerDraft, payload: z.record(z.string(), z.string()) })
export type Note = z.infer<typeof Note>

/** Notes kept while the ledger takes none; beyond that the newest are only in the file of incidents. */
const MOST = 512

/**
 * What happens to incidents, on its way into the ledger. While that is damaged or away the notes wait in the file of incidents; each
 * is told once, also over a crash.
 */
export class Notes {
  readonly #ledger: Pick<Recorder, 'append' | 'query'>
  readonly #log: Log
  #waiting: Note[]
  #telling: Promise<void> | undefined
  /** Those of the last run may be in the ledger already. */
  #unsure: Set<Note>

  constructor(ledger: Pick<Recorder, 'append' | 'query'>, log: Log, waiting: readonly Note[]) {
    this.#ledger = ledger
    this.#log = log
    this.#waiting = [...waiting]
    this.#unsure = new Set(this.#waiting)
  }

  get waiting(): readonly Note[] {
    return this.#waiting
  }

  add(note: Note): void {
    if (this.#waiting.length < MOST) this.#waiting.push(note)
  }

  /** Tells all that waits, in order; stops at the first that the ledger does not take. `onTold` hears each number. */
  tell(onTold: (note: Note, index: number) => void): Promise<void> {
    this.#telling ??= this.#tell(onTold).finally(() => {
      this.#telling = undefined
    })
    return this.#telling
  }

  async #tell(onTold: (note: Note, index: number) => void): Promise<void> {
    for (let note = this.#waiting[0]; note !== undefined; note = this.#waiting[0]) {
      try {
        const known = this.#unsure.has(note) ? await this.#find(note) : undefined
        const index = known ?? (await this.#ledger.append(note.draft, note.payload))
        this.#unsure.delete(note)
        this.#waiting.shift()
        onTold(note, index)
      } catch (error) {
        this.#log.error({ err: error, type: note.draft.type }, 'what happened to an incident is not in the ledger yet')
        return
      }
    }
  }

  /** Where agentd ended between an entry and forgetting its note. */
  async #find({ draft }: Note): Promise<number | undefined> {
    const { records } = await this.#ledger.query({ type: draft.type, limit: 200 })
    return records.find(({ entry }) => entry.facts?.note === draft.facts?.note)?.entry.index
  }
}
