import type { ToolProgress } from '@castellan/contracts'
import type { RegisteredModel } from '../models/manifest.ts'

export interface ImportRequest {
  readonly path: string
  /** What the file has to be; taken as it comes without it. */
  readonly sha256: string | undefined
  readonly by: string
}

export interface ModelCheck {
  readonly model: RegisteredModel
  /** Its path on this machine. */
  readonly path: string
  readonly state: 'intact' | 'changed' | 'missing'
  readonly foundSha256: string | null
}

/** The models on this machine that were let in. agentd's `models/` provides it. All throw `manifest_mismatch`. */
export interface ModelsPort {
  list(): Promise<readonly RegisteredModel[]>
  /** Throws `not_found`. */
  find(id: string): Promise<{ readonly model: RegisteredModel; readonly path: string; readonly present: boolean }>
  /**
   * Copies a granted file, checks the copy and lets it in. Throws `model_invalid`, `already_exists`, `too_large`,
   * `conflict` where the file changed meanwhile, and what walking the path throws.
   */
  import(
    request: ImportRequest,
    progress: (progress: ToolProgress) => void,
    signal: AbortSignal,
  ): Promise<RegisteredModel>
  /** Reads the whole file and compares. Throws `not_found`. */
  verify(id: string, progress: (progress: ToolProgress) => void, signal: AbortSignal): Promise<ModelCheck>
  /** Takes a model out of use, or back into it. Throws `not_found`, `conflict` where it is so already. */
  setRemoved(id: string, removed: boolean): Promise<RegisteredModel>
}
