import type { ToolProgress } from '@castellan/contracts'
import type { RegisteredModel } from '@castellan/quarantine/registry'
import type { ImportRecord } from '../models/record.ts'

export interface ImportRequest {
  readonly path: string
  /** What the file has to be; taken as it comes without it. */
  readonly sha256?: string | undefined
  /** Where it is said to come from. */
  readonly source?: string | undefined
  /** Path of a Sigstore bundle. */
  readonly signature?: string | undefined
  readonly by: string
}

export interface ModelCheck {
  readonly model: RegisteredModel
  /** Its path on this machine. */
  readonly path: string
  readonly state: 'intact' | 'changed' | 'missing'
  readonly foundSha256: string | null
}

/** The models on this machine that were let in. agentd's `models/` provides it. All throw what the ledger throws. */
export interface ModelsPort {
  /** Brings what the last run left into order. */
  open(): Promise<void>
  /** Those that were imported; the built-in one is not among them. */
  list(): Promise<readonly RegisteredModel[]>
  /** Throws `not_found`. */
  find(id: string): Promise<{ readonly model: RegisteredModel; readonly path: string; readonly present: boolean }>
  /** Imports under way and those that ended, newest first. */
  imports(): Promise<readonly ImportRecord[]>
  /**
   * Copies a granted file or folder, examines the copy stage by stage, and lets it in. Throws `model_invalid` where a stage
   * refused it, `already_exists`, `too_large`, `not_a_file`, `conflict` where it changed while it was copied,
   * `sandbox_unavailable`, `disk_full`, and what walking the path throws.
   */
  import(
    request: ImportRequest,
    progress: (progress: ToolProgress) => void,
    signal: AbortSignal,
  ): Promise<{ readonly model: RegisteredModel; readonly record: ImportRecord }>
  /** Reads the whole file and compares; one that changed is taken out of use. Throws `not_found`. */
  verify(id: string, progress: (progress: ToolProgress) => void, signal: AbortSignal): Promise<ModelCheck>
  /** Reads all that are in use. */
  verifyAll(signal: AbortSignal): Promise<void>
  /** Takes a model out of use, or back into it. Throws `not_found`, `conflict` where it is so already. */
  setRemoved(id: string, removed: boolean, by: string): Promise<RegisteredModel>
}
