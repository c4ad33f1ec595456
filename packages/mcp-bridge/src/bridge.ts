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
  /** Null offers nothing of agentd’s: only what `providers` have. */
  readonly agentSocket: string | null
  readonly sealer: Sealer
  readonly log: Log
  /** Further things to offer; the conformance tests mount theirs here. */
  readonly providers?: readonly Provider[]
  /** How long a client that came back is kept waiting for a person, in milliseconds; 45 s without it. */
  readonly holdMs?: number
  /** The `traceparent` of what runs now, which goes with its calls. */
  readonly traceparent?: () => string | undefined
}

/** What every connection of an MCP client shares: the way to agentd, what is offered, and the states that are out. */
export class Bridge {
  readonly providers: readonly Provider[]
  readonly sealer: Sealer
  readonly log: Log
  /** For the schemas of elicitations; one for all servers, because making one is dear. */
  readonly validator = new AjvJsonSchemaValidator()
  readonly tasks: Tasks
  readonly #closes: (() => void)[] = []

  constructor({ agentSocket, sealer, log, providers = [], holdMs }: BridgeOptions) {
    this.sealer = sealer
    this.log = log
    this.tasks = new Tasks(sealer)
    this.providers = agentSocket === null ? providers : [...providers, ...this.#ofAgentd(agentSocket, holdMs)]
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
    for (const close of this.#closes) close()
  }

  #ofAgentd(agentSocket: string, holdMs: number | undefined): Provider[] {
    const agentd = new Agentd(agentSocket)
    const catalogue = new Catalogue(agentd)
    this.#closes.push(
      () => catalogue.close(),
      () => agentd.close(),
    )
    const calls = new Calls({ agentd, sealer: this.sealer, ...(holdMs === undefined ? {} : { holdMs }) })
    const kept = new KeptResults()
    return [
      resourceProvider(catalogue, calls, kept),
      promptProvider(catalogue, calls),
      // Last, because agentd is asked about every name that nobody else knows.
      toolProvider(catalogue, calls, kept),
    ]
  }
}
