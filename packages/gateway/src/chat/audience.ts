import type { Listeners } from './chat.ts'
import type { Connection } from './connection.ts'

/** The owner's open sockets. */
export class Audience implements Listeners {
  readonly #connections = new Set<Connection>()

  join(connection: Connection): void {
    this.#connections.add(connection)
  }

  leave(connection: Connection): void {
    this.#connections.delete(connection)
  }

  /** Every open socket. */
  get connections(): readonly Connection[] {
    return [...this.#connections]
  }

  /** The sockets that were opened with one credential. */
  of(credential: string): readonly Connection[] {
    return this.connections.filter((connection) => connection.credential === credential)
  }

  /** Tells all sockets; of a chat, only those that may speak with its agent. */
  tell(frame: string, { except, agent }: Parameters<Listeners['tell']>[1] = {}): void {
    for (const connection of this.#connections) {
      if (connection !== except && (agent === undefined || connection.mayHear(agent))) connection.send(frame)
    }
  }
}
