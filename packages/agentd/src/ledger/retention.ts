import type { LedgerActor } from '@castellan/contracts'
import type { Log } from '@castellan/daemon'
import { Schedule } from '../state/schedule.ts'
import type { LedgerRecorder } from './ledger-recorder.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

export interface RetentionParts {
  readonly recorder: LedgerRecorder
  /** Age from which payloads are destroyed. */
  readonly payloadDays: number
  readonly actor: LedgerActor
  readonly log: Log
}

/** Destroys payloads that are older than they may get, at the start and every hour. The entries themselves stay for ever. */
export function retention({ recorder, payloadDays, actor, log }: RetentionParts): Schedule {
  return new Schedule(
    HOUR_MS,
    async () => {
      if (recorder.state().state !== 'ok') return
      const before = Date.now() - payloadDays * DAY_MS
      const pruned = await recorder.use((ledger) => ledger.prunePayloads({ before, actor }))
      if (pruned !== null) log.info({ ...pruned.entry.facts, recorded: pruned.index }, 'old payloads were pruned')
    },
    (error) => log.error({ err: error }, 'old payloads could not be pruned'),
  )
}
