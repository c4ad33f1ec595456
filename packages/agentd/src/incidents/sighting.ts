import type { IncidentClass, IncidentSeverity, LedgerIndex } from '@castellan/contracts'

/** What was seen. */
export interface Sighting {
  readonly class: IncidentClass
  /** Whom or what it is about. */
  readonly subject: string
  /** What was seen, one sentence. */
  readonly summary: string
  /** At least this bad, whatever the rules say. */
  readonly severity?: IncidentSeverity
  /** The ledger entry that tells of it. */
  readonly evidence?: LedgerIndex | null
}

/** Whoever takes note of sightings: never throws and never waits. */
export interface Raises {
  raise(sighting: Sighting): unknown
}
