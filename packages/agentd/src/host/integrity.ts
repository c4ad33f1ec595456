/** What something watched is. */
export type IntegrityKind = 'program' | 'policy' | 'key' | 'configuration' | 'system'

/** One difference between what is there and what the baseline says. */
export interface IntegrityFinding {
  readonly path: string
  readonly kind: IntegrityKind
  readonly what: 'changed' | 'added' | 'missing' | 'unreadable'
}

export interface IntegrityReport {
  /** `none`: no baseline was taken. `damaged`: the baseline itself is not what was written, or not the newest one. */
  readonly state: 'none' | 'intact' | 'violated' | 'damaged'
  readonly takenAt: Date | null
  readonly takenBy: string | null
  /** SHA-256 over the baseline; the ledger has it too. */
  readonly baselineDigest: string | null
  readonly files: number
  readonly findings: readonly IntegrityFinding[]
  readonly watched: readonly string[]
}

/** By what canaries are watched. */
export interface CanaryStatus {
  /** `fanotify`, `inotify`: whoever reads one is noticed at once. `atime`: at the next look. `none`: only changes are noticed. */
  readonly means: 'fanotify' | 'inotify' | 'atime' | 'none'
  readonly planted: number
  /** Why it is no better, one sentence; empty where it is the best there is. */
  readonly reason: string
}

/** Whether what Castellan itself is made of is still what it was. agentd's `integrity/` provides it. */
export interface IntegrityPort {
  /** The folders and files that are watched, as configured. */
  readonly watched: readonly string[]
  readonly canaries: CanaryStatus
  /** Which baseline counts, without reading what is watched, and which NixOS system runs. */
  identity(): Promise<{ readonly baselineDigest: string | null; readonly system: string | null }>
  /** Reads everything that is watched. Throws the signal's reason. */
  check(signal: AbortSignal): Promise<IntegrityReport>
  /** Makes what is there now the baseline. Throws `too_large`, and what the ledger throws. */
  takeBaseline(by: string, signal: AbortSignal): Promise<IntegrityReport>
}
