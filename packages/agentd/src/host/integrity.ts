/** One difference between what is there and what the baseline says. */
export interface IntegrityFinding {
  readonly path: string
  readonly what: 'changed' | 'added' | 'missing' | 'unreadable'
}

export interface IntegrityReport {
  /** `none`: no baseline was taken. `damaged`: the baseline itself is not what was written. */
  readonly state: 'none' | 'intact' | 'violated' | 'damaged'
  readonly takenAt: Date | null
  readonly takenBy: string | null
  /** SHA-256 over the baseline; the ledger entry of the call that took it has the same. */
  readonly baselineDigest: string | null
  readonly files: number
  readonly findings: readonly IntegrityFinding[]
  readonly watched: readonly string[]
}

/** Whether what Castellan itself is made of is still what it was. agentd's `integrity/` provides it. */
export interface IntegrityPort {
  /** The folders and files that are watched, as configured. */
  readonly watched: readonly string[]
  /** Reads everything that is watched. Throws the signal's reason. */
  check(signal: AbortSignal): Promise<IntegrityReport>
  /** Makes what is there now the baseline. Throws `too_large`. */
  takeBaseline(by: string, signal: AbortSignal): Promise<IntegrityReport>
}
