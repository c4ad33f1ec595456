import type { Log } from '@castellan/daemon'
import type { z } from 'zod'
import { LlamaServerBackend } from './backend/llama-server/server.ts'
import { LocalBackend } from './backend/local/local.ts'
import type { EngineConfig } from './config.ts'
import { Engine } from './engine.ts'
import { openTrusted, trustIn } from './trust.ts'

/** What of the configuration the engine itself depends on. */
export type EngineSettings = Pick<
  z.output<typeof EngineConfig>,
  | 'model'
  | 'slots'
  | 'queue'
  | 'contextTokens'
  | 'threads'
  | 'gpu'
  | 'idleUnloadSeconds'
  | 'stallSeconds'
  | 'llamaServer'
  | 'modelsFolder'
>

/** The engine as it is configured. A model that is chosen later is always a file of this machine. */
export function createEngine(settings: EngineSettings, log: Log): Engine {
  const { model, slots, queue, contextTokens, threads, idleUnloadSeconds, stallSeconds, llamaServer } = settings
  const stallMs = stallSeconds * 1000
  const gpu = settings.gpu === 'auto'
  const trusted = settings.modelsFolder === undefined ? undefined : openTrusted(settings.modelsFolder)
  const local = (modelPath: string, listed: boolean) => {
    const trust = trusted === undefined ? undefined : trustIn(trusted, listed)
    return new LocalBackend({ modelPath, slots, contextTokens, threads, gpu, stallMs, trust, log })
  }
  return new Engine({
    makeBackend: (path) => {
      if (path !== undefined) return local(path, true)
      return llamaServer === undefined
        ? local(model, false)
        : new LlamaServerBackend({ address: llamaServer, stallMs, log })
    },
    slots,
    queue,
    idleMs: idleUnloadSeconds * 1000,
    log,
  })
}
