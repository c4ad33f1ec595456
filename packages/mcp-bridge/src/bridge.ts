import type { Log } from '@castellan/daemon'
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/server/validators/ajv'
import { Agentd } from './agentd.ts'
import { Calls } from './calls/calls.ts'
import { KeptResults } from './calls/kept.ts'
import { Catalogue } from './castellan/catalogue.ts'
import { promptProvider } from './castellan/prompts.ts'
import { resourceProvider } from './castellan/resources.ts'
import { toolProvider } from './castellan/tools.ts'
import type { Provider } from './provider.ts'
import type { Sealer } from './seal.ts'
import { Tasks } from './tasks/tasks.ts'

export interface BridgeOptions {
  readonly agentSocket: string
  readonly sealer: Sealer
  readonly log: Log
  /** Further things to offer; the conformance tests mount theirs here. */
  readonly providers?: readonly Provider[]
  /** How long a client that came back is kept waiting for a person, in milliseconds; 45 s without it. */
  readonly holdMs?: number
}

/** What every connection of an MCP client shares: the way to agentd, what is offered, and the states that are out. */
export class Bridge {
  readonly providers: readonly Provider[]
  readonly sealer: Sealer
  readonly log: Log
  /** For the schemas of elicitations; one for all servers, because making one is dear. */
  readonly validator = new AjvJsonSchemaValidator()
  readonly tasks: Tasks
  readonly #agentd: Agentd
  readonly #catalogue: Catalogue

  constructor({ agentSocket, sealer, log, providers = [], holdMs }: BridgeOptions) {
    this.#agentd = new Agentd(agentSocket)
    this.#catalogue = new Catalogue(this.#agentd)
    this.sealer = sealer
    this.log = log
    this.tasks = new Tasks(sealer)
    const calls = new Calls({ agentd: this.#agentd, sealer, ...(holdMs === undefined ? {} : { holdMs }) })
    const kept = new KeptResults()
    this.providers = [
      ...providers,
      resourceProvider(this.#catalogue, calls, kept),
      promptProvider(this.#catalogue, calls),
      // Last, because agentd is asked about every name that nobody else knows.
      toolProvider(this.#catalogue, calls, kept),
    ]
  }

  /** Tells when the list of tools is another one. Answers how to stop that. */
  onToolsChanged(listener: () => void): () => void {
    const stops = this.providers.map((provider) => provider.onToolsChanged?.(listener))
    return () => {
      for (const stop of stops) stop?.()
    }
  }

  close(): void {
    this.tasks.close()
    this.#catalogue.close()
    this.#agentd.close()
  }
}
