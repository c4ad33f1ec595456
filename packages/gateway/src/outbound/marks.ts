import { MarkKey, type MarkRequest, MarksTaken } from '@castellan/contracts'
import { type Log, marksOf, UnixClient } from '@castellan/daemon'

/** Between two attempts to reach an airlock that does not answer, in milliseconds. */
const AGAIN_MS = 15_000

/**
 * Tells the airlock by marks which values are credentials, so that it recognises them wherever else they would leave. It learns the
 * marks, not the values, and keeps them over its restarts.
 */
export class CredentialMarks {
  readonly #airlock: UnixClient
  readonly #log: Log
  #secrets: (() => readonly string[]) | undefined
  #told: string | undefined
  #again: NodeJS.Timeout | undefined
  #telling: Promise<void> = Promise.resolve()

  constructor(airlockSocket: string, log: Log) {
    this.#airlock = new UnixClient({ socketPath: airlockSocket, peer: 'airlock', unavailable: 'airlock_unavailable' })
    this.#log = log
  }

  /** Hands over the marks of these, in the place of those before; nobody waits, and what fails is tried again. */
  tell(secrets: () => readonly string[]): void {
    this.#secrets = secrets
    this.#telling = this.#telling.then(() => this.#attempt())
  }

  async close(): Promise<void> {
    this.#secrets = undefined
    clearTimeout(this.#again)
    await this.#telling
    this.#airlock.close()
  }

  async #attempt(): Promise<void> {
    clearTimeout(this.#again)
    const secrets = this.#secrets
    if (secrets === undefined) return
    try {
      const { key } = await this.#airlock.request('GET', '/v1/marks/key', { schema: MarkKey })
      const body: MarkRequest = { marks: secrets().flatMap((secret) => marksOf(Buffer.from(key, 'base64'), secret)) }
      const marks = JSON.stringify(body)
      if (marks !== this.#told) await this.#airlock.request('PUT', '/v1/marks', { body, schema: MarksTaken })
      this.#told = marks
      this.#secrets = undefined
    } catch (error) {
      this.#log.debug({ err: error }, 'the airlock was not told of the credentials; it is tried again')
      this.#again = setTimeout(() => void this.#attempt(), AGAIN_MS)
      this.#again.unref()
    }
  }
}
