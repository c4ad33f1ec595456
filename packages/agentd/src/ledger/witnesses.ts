import { readFile } from 'node:fs/promises'
import { CastellanError, type LedgerActor, type LedgerCosigning, type LedgerWitnessOutcome } from '@castellan/contracts'
import type { Log } from '@castellan/daemon'
import { type Fetch, parsePolicy, type WitnessPolicy } from '@castellan/ledger'
import { Mutex } from '../state/mutex.ts'
import { Schedule } from '../state/schedule.ts'
import type { LedgerRecorder } from './ledger-recorder.ts'

export interface WitnessesParts {
  readonly recorder: LedgerRecorder
  /** The C2SP tlog-policy file. */
  readonly policyFile: string
  readonly everySeconds: number
  readonly actor: LedgerActor
  readonly log: Log
}

/** What the witnesses said last, as `GET /v1/health` tells it. */
export interface WitnessStatus {
  readonly met: boolean | null
  readonly asked_at: string | null
  /** One sentence for each witness that has seen another history of the ledger. */
  readonly alarms: readonly string[]
}

interface Alarm {
  readonly kind: string
  readonly sentence: string
}

/**
 * Has the witnesses of a policy cosign the ledger, at the start and from time to time. One that has seen another history
 * is an alarm: it goes on record, and lasts until that witness cosigns again.
 */
export class Witnesses {
  readonly #parts: WitnessesParts
  readonly #policy: WitnessPolicy
  readonly #alarms = new Map<string, Alarm>()
  readonly #turns = new Mutex()
  readonly #closing = new AbortController()
  readonly #schedule: Schedule
  #last: { readonly met: boolean; readonly at: Date } | null = null

  private constructor(parts: WitnessesParts, policy: WitnessPolicy) {
    const { recorder, everySeconds, log } = parts
    this.#parts = parts
    this.#policy = policy
    this.#schedule = new Schedule(
      everySeconds * 1000,
      async () => {
        if (recorder.state().state === 'ok') await this.cosign()
      },
      (error) => log.error({ err: error }, 'the witnesses could not be asked'),
    )
  }

  /** Throws `config_invalid` on a policy that cannot be read or makes no sense. */
  static async open(parts: WitnessesParts): Promise<Witnesses> {
    try {
      return new Witnesses(parts, parsePolicy(await readFile(parts.policyFile, 'utf8')))
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      throw new CastellanError('config_invalid', `ledger.witnessPolicy, ${parts.policyFile}: ${why}`, { cause: error })
    }
  }

  start(): void {
    this.#schedule.start()
  }

  get alarmed(): boolean {
    return this.#alarms.size > 0
  }

  status(): WitnessStatus {
    return {
      met: this.#last?.met ?? null,
      asked_at: this.#last?.at.toISOString() ?? null,
      alarms: [...this.#alarms.values()].map(({ sentence }) => sentence),
    }
  }

  /** Asks every witness now, one asking at a time. Throws what the ledger throws; what a witness does is in the report. */
  cosign(): Promise<LedgerCosigning> {
    return this.#turns.run(async () => {
      const { recorder, log } = this.#parts
      const report = await recorder.use((ledger) => ledger.cosign(this.#policy, this.#fetch))
      const outcomes = [...report.outcomes]
      for (const { witness, outcome } of outcomes) await this.#heed(witness, outcome, report.size)
      this.#last = { met: report.met, at: new Date() }
      if (!report.met) log.warn({ outcomes }, 'too few witnesses cosigned the ledger')
      return { checkpoint: report.checkpoint, size: report.size, outcomes, met: report.met }
    })
  }

  /** Gives up on witnesses that are being asked. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#schedule.stop()
    await this.#turns.run(async () => undefined)
  }

  /** A redirect is no answer: the policy names the address, not whoever answers there. */
  readonly #fetch: Fetch = (url, { signal, ...init }) =>
    fetch(url, { ...init, redirect: 'error', signal: AbortSignal.any([signal, this.#closing.signal]) })

  async #heed(witness: string, outcome: LedgerWitnessOutcome, size: number): Promise<void> {
    const { recorder, actor, log, policyFile } = this.#parts
    const known = this.#alarms.get(witness)
    if (outcome.kind === 'cosigned' && known !== undefined) {
      this.#alarms.delete(witness)
      log.info({ witness }, 'a witness cosigns the ledger again')
    }
    if (outcome.kind !== 'ahead' && outcome.kind !== 'inconsistent') return
    const seen = outcome.kind === 'ahead' ? outcome.size : outcome.seen
    const sentence = `${whatItSaw(witness, outcome.kind, seen, size)} See \`agentctl verify-ledger --witnesses ${policyFile}\`.`
    this.#alarms.set(witness, { kind: outcome.kind, sentence })
    if (known?.kind === outcome.kind) return
    log.error({ witness, seen, size }, sentence)
    const facts = { witness, seen, size }
    await recorder
      .append({ type: 'witness_alarm', actor, code: outcome.kind, facts }, { summary: sentence })
      .catch((error: unknown) => log.error({ err: error }, 'a witness alarm was not recorded'))
  }
}

function whatItSaw(witness: string, kind: 'ahead' | 'inconsistent', seen: number, size: number): string {
  return kind === 'ahead'
    ? `Witness ${witness} has seen ${seen} entries of this ledger, which has only ${size}: entries were cut off, or an older copy was put back.`
    : `Witness ${witness} has seen another history of this ledger than its first ${seen} entries tell: it was rewritten, or an older copy went on.`
}
