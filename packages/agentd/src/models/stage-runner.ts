import type { StageJob, StageProgress, StageVerdict } from '@castellan/quarantine'

export interface StageOptions {
  /** The candidate's folder on this machine; the stage sees it reading only. Undefined where it needs none. */
  readonly folder: string | undefined
  /** Wall time, in seconds. */
  readonly seconds: number
  /** Private memory, in bytes. */
  readonly memoryBytes: number
  readonly progress: (progress: StageProgress) => void
  readonly signal: AbortSignal
}

/**
 * Runs stages. Throws `sandbox_unavailable` where none can be run here, or the signal's reason; whatever else goes wrong in a
 * stage is a verdict that refuses.
 */
export interface StageRunner {
  /** Where a stage sees the candidate. */
  readonly candidateFolder: (folder: string) => string
  run(job: StageJob, options: StageOptions): Promise<StageVerdict>
}
