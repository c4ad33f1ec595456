import type { Log } from '@castellan/daemon'
import type { Recorder } from '../ledger/recorder.ts'
import type { SwitchId, SwitchRecord } from './record.ts'

/** Puts every step of a switch into the ledger, each exactly once, also those that were journalled right before a crash. */
export class Story {
  readonly #ledger: Pick<Recorder, 'append' | 'query'>
  readonly #log: Log
  /** How many steps of a switch are in the ledger. */
  readonly #told = new Map<SwitchId, number>()

  constructor(ledger: Pick<Recorder, 'append' | 'query'>, log: Log) {
    this.#ledger = ledger
    this.#log = log
  }

  /** Throws what the ledger throws when it takes no entry: then nothing further may be begun. */
  async tell(record: SwitchRecord): Promise<void> {
    let told = this.#told.get(record.id) ?? (record.steps.length === 1 ? 0 : await this.#count(record.id))
    for (; told < record.steps.length; told += 1) {
      await this.#append(record, told)
      this.#told.set(record.id, told + 1)
    }
  }

  /** The same where going on matters more than telling: what is missing is told with the next step, or at the next start. */
  async tryToTell(record: SwitchRecord): Promise<void> {
    await this.tell(record).catch((error: unknown) => {
      this.#log.error(
        { err: error, switch: record.id, phase: record.phase },
        'a step of a switch could not be recorded',
      )
    })
  }

  async #append(record: SwitchRecord, index: number): Promise<void> {
    const step = record.steps[index]
    if (step === undefined) return
    await this.#ledger.append(
      {
        type: 'switch_step',
        actor: index === 0 ? record.actor : { kind: 'system', name: 'safeswitch' },
        ...(record.callId === null ? {} : { call_id: record.callId }),
        facts: { switch: record.id, step: index, phase: step.phase, from: record.from.path, to: record.to.path },
      },
      { summary: `${step.phase.replaceAll('_', ' ')}: ${step.note}` },
    )
  }

  async #count(id: SwitchId): Promise<number> {
    const { records } = await this.#ledger.query({ type: 'switch_step', text: id, limit: 1000 })
    const steps = records.map(({ entry }) => entry.facts).filter((facts) => facts?.switch === id)
    return Math.max(0, ...steps.map((facts) => Number(facts?.step) + 1))
  }
}
