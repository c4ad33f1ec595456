import type { SeededCompletion, WorkerCommand } from '../../worker/protocol.ts'

type Tools = SeededCompletion['tools']

/** Lists that a worker is left with; agents differ in theirs, and each has the same one for a long time. */
const KEPT = 8

/**
 * The lists of tools that a worker has been sent. They come with every request and run to hundreds of kilobytes: sent and read
 * once, they cost neither time nor memory again.
 */
export class ToolLists {
  readonly #send: (command: WorkerCommand) => void
  readonly #sent = new Set<string>()

  constructor(send: (command: WorkerCommand) => void) {
    this.#send = send
  }

  /** Sees that the worker has a list, under its key. */
  provide(key: string, tools: Tools): void {
    if (this.#sent.delete(key)) {
      // Used again: it goes last.
      this.#sent.add(key)
      return
    }
    const oldest = this.#sent.values().next().value
    if (this.#sent.size >= KEPT && oldest !== undefined) {
      this.#sent.delete(oldest)
      this.#send({ type: 'forget-tools', key: oldest })
    }
    this.#sent.add(key)
    this.#send({ type: 'tools', key, tools })
  }
}
