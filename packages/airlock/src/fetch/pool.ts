import { Agent, type ClientRequestArgs } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Destination } from '@castellan/contracts'
import type { Aim } from '../destinations/match.ts'
import type { Dialer, Target } from '../dial/dialer.ts'

/** A kept connection that nobody used for this long is closed, before the other side does it in the middle of a request. */
const IDLE_MS = 4_000
const KEPT_PER_HOST = 8

/** What a request tells the connection that is opened for it. */
export interface DialOptions {
  readonly dialWithinMs: number
  readonly dialSignal: AbortSignal
}

/** A way to hosts other than by dialling them. */
export interface Route {
  open(target: Target, withinMs: number, signal: AbortSignal): Promise<Duplex>
}

/**
 * Kept connections, apart for each entry of the list and host: one that was opened under an entry, to an address that was
 * vetted for it, serves no other.
 */
export class Pool {
  readonly #dialer: Dialer
  readonly #agents = new Map<string, { readonly destination: string; readonly agent: Agent }>()

  constructor(dialer: Dialer) {
    this.#dialer = dialer
  }

  /** Opens connections through the {@link Dialer} and keeps those that can be used again. */
  agentFor(destination: Destination, aim: Aim, route?: Route): Agent {
    // By another way every request has a connection of its own, so that none is tied to one before.
    if (route !== undefined) return new VettedAgent(route, destination, aim, false)
    const key = `${destination.id} ${aim.scheme}://${aim.host}:${aim.port}`
    const known = this.#agents.get(key)
    if (known !== undefined) return known.agent
    const agent = new VettedAgent(this.#dialer, destination, aim, true)
    this.#agents.set(key, { destination: destination.id, agent })
    return agent
  }

  /** Closes the connections of one entry, or all. */
  close(destination?: string): void {
    for (const [key, held] of this.#agents) {
      if (destination !== undefined && held.destination !== destination) continue
      held.agent.destroy()
      this.#agents.delete(key)
    }
  }
}

class VettedAgent extends Agent {
  readonly #route: Route
  readonly #destination: Destination
  readonly #aim: Aim

  constructor(route: Route, destination: Destination, aim: Aim, keepAlive: boolean) {
    super({ keepAlive, maxFreeSockets: KEPT_PER_HOST, timeout: keepAlive ? IDLE_MS : undefined })
    this.#route = route
    this.#destination = destination
    this.#aim = aim
  }

  override createConnection(
    options: ClientRequestArgs & Partial<DialOptions>,
    done: (error: Error | null, socket: Duplex) => void = () => undefined,
  ): undefined {
    const { reach, ca } = this.#destination
    const { host, port, scheme } = this.#aim
    const { dialWithinMs = 0, dialSignal = AbortSignal.abort() } = options
    const target = { host, port, reach, tls: scheme === 'https' ? { ca } : undefined }
    this.#route.open(target, dialWithinMs, dialSignal).then(
      (socket) => done(null, socket),
      (error: Error) => done(error, undefined as unknown as Duplex),
    )
  }
}
