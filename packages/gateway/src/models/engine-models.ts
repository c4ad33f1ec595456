import { EngineDoctor, EngineHealth, type EngineModelRequest, EngineModelSwitch } from '@castellan/contracts'
import { UnixClient } from '@castellan/daemon'

/** Whoever asks a question waits for the engine anyway, and a busy machine is no reason to answer with another model. */
const HEALTH_MS = 30_000
const LOOK_MS = 2_000
/** A large model from a slow disk. */
const SWITCH_MS = 15 * 60 * 1000

/** The engine's part in which model answers. Every method throws `engine_unavailable` when nothing answers. */
export class EngineModels {
  readonly #client: UnixClient

  constructor(socketPath: string) {
    this.#client = new UnixClient({ socketPath, unavailable: 'engine_unavailable', peer: 'The engine' })
  }

  health(): Promise<EngineHealth> {
    return this.#client.request('GET', '/v1/health', { schema: EngineHealth, timeoutMs: HEALTH_MS })
  }

  doctor(signal?: AbortSignal): Promise<EngineDoctor> {
    return this.#client.request('GET', '/v1/doctor', { schema: EngineDoctor, signal, timeoutMs: LOOK_MS })
  }

  /** Resolves once the new model answers. Throws why it cannot; the old one stays then. */
  switchTo(model: EngineModelRequest): Promise<EngineModelSwitch> {
    const options = { body: model, schema: EngineModelSwitch, timeoutMs: SWITCH_MS }
    return this.#client.request('POST', '/v1/model', options)
  }

  close(): void {
    this.#client.close()
  }
}
