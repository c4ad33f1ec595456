import { setTimeout as sleep } from 'node:timers/promises'
import { CastellanError, type ContainmentState } from '@castellan/contracts'
import type { Log } from '@castellan/daemon'
import type { Agentd } from '../agentd.ts'

/** How long until agentd is asked again where it did not answer, in milliseconds. */
const AGAIN_MS = 1000

/**
 * Follows what agentd wants held shut because of an incident, does it, and says so. While agentd is away, what it said last holds;
 * before it has answered for the first time nothing is suspended, and without agentd no tool runs anyway.
 */
export class ContainmentWatch {
  readonly #agentd: Pick<Agentd, 'containmentOnceChanged' | 'containmentApplied'>
  readonly #log: Log
  readonly #listeners: (() => void)[] = []
  readonly #closing = new AbortController()
  #state: ContainmentState | undefined

  constructor(agentd: Pick<Agentd, 'containmentOnceChanged' | 'containmentApplied'>, log: Log) {
    this.#agentd = agentd
    this.#log = log
  }

  start(): void {
    void this.#follow()
  }

  close(): void {
    this.#closing.abort()
  }

  get locksCredentials(): boolean {
    return this.#state?.lock_credentials === true
  }

  /** Throws `forbidden` while tokens of the API open nothing. */
  refuseIfSuspended(): void {
    if (this.#state?.suspend_tokens !== true) return
    throw new CastellanError(
      'forbidden',
      'Tokens are suspended because of an incident, so nothing was done. `agentctl incidents` on the host tells of it.',
    )
  }

  /** Called with every change from here on, before agentd is told that it holds. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener)
  }

  async #follow(): Promise<void> {
    const { signal } = this.#closing
    while (!signal.aborted) {
      try {
        const state = await this.#agentd.containmentOnceChanged(this.#state?.version, signal)
        if (state.version === this.#state?.version) continue
        const changed =
          this.locksCredentials !== state.lock_credentials ||
          (this.#state?.suspend_tokens === true) !== state.suspend_tokens
        this.#state = state
        if (changed) for (const tell of this.#listeners) tell()
        await this.#agentd.containmentApplied(state.version, signal)
      } catch (error) {
        if (signal.aborted) return
        this.#log.debug({ err: error }, 'agentd does not say what an incident wants held shut')
        await sleep(AGAIN_MS, undefined, { signal, ref: false }).catch(() => undefined)
      }
    }
  }
}
