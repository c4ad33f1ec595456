import { join } from 'node:path'
import { RegistryError, TrustedModels } from '@castellan/quarantine/registry'
import { EngineError } from './error.ts'

/** Whether a model may be loaded, and whether it still may. */
export interface Trust {
  /** Whether it has to be on the list: then nothing of the file is loaded before its digest was found there. */
  readonly listed: boolean
  /** Throws `model_untrusted`. */
  admit(sha256: string): Promise<void>
  /** Calls `revoked` once it may be used no more. Returns what ends the watch. */
  watch(sha256: string, revoked: (error: EngineError) => void): () => void
}

/** The list in a folder of models. One for the life of the process: it remembers the newest list that it has seen. */
export function openTrusted(folder: string): TrustedModels {
  return new TrustedModels({ manifest: join(folder, 'registry.json'), publicKey: join(folder, 'registry.pub') })
}

/**
 * agentd's signed list of trusted models, in the folder of models. A model that is chosen while the engine runs has to be on it. The
 * one that the owner's configuration names, and the built-in one, are the owner's word; they too are given up once the list says
 * that they were taken out of use.
 */
export function trustIn(models: TrustedModels, listed: boolean): Trust {
  const problem = (sha256: string): Promise<string | undefined> =>
    listed ? models.find(sha256).then(() => undefined) : models.withdrawn(sha256)
  return {
    listed,
    async admit(sha256) {
      const why = await problem(sha256).catch((error: unknown) => {
        if (error instanceof RegistryError) return error.message
        throw error
      })
      if (why !== undefined) throw untrusted(why)
    },
    watch: (sha256, revoked) => models.watch(sha256, (why) => revoked(untrusted(why)), problem),
  }
}

function untrusted(why: string): EngineError {
  return new EngineError('model_untrusted', why)
}
