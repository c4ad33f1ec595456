import { setTimeout as sleep } from 'node:timers/promises'
import { CastellanError, type Freeze } from '@castellan/contracts'
import type { Log } from '@castellan/daemon'
import type { Agentd } from '../agentd.ts'

/** How long until agentd is asked again where it did not answer, in milliseconds. */
const AGAIN_MS = 1000

/** What incidents ask the gateway to hold shut. */
export interface Containment {
  readonly locksCredentials: boolean
  onChange(listener: () => void): void
}

type OnChange = (freeze: Freeze | null) => void

/**
 * Knows whether the operator has frozen all agents, within moments of their doing so. Whoever shows things to people or
 * holds credentials asks here; agentd itself refuses the calls. While agentd is away, what it said last holds.
 */
export class FreezeWatch {
  readonly #agentd: Pick<Agentd, 'freezeOnceChanged'>
  readonly #log: Log
  readonly #listeners: OnChange[] = []
  readonly #closing = new AbortController()
  #containment: Containment | undefined
  /** Undefined until agentd has answered for the first time. */
  #freeze: Freeze | null | undefined

  constructor(agentd: Pick<Agentd, 'freezeOnceChanged'>, log: Log) {
    this.#agentd = agentd
    this.#log = log
  }

  start(): void {
    void this.#follow()
  }

  close(): void {
    this.#closing.abort()
  }

  /** Null where agents are not frozen, or nothing is known yet. */
  get freeze(): Freeze | null {
    return this.#freeze ?? null
  }

  /** Whether credentials must stay closed: from level 2 on, and until agentd has said that it is not so. */
  get credentialsLocked(): boolean {
    if (this.#containment?.locksCredentials === true) return true
    return this.#freeze === undefined || (this.#freeze !== null && this.#freeze.level >= 2)
  }

  /** Throws `agents_frozen` while agents are frozen. */
  refuseIfFrozen(): void {
    if (this.freeze !== null) throw frozenError(this.freeze)
  }

  /** An incident may want the credentials closed too. */
  follow(containment: Containment): void {
    this.#containment = containment
    containment.onChange(() => {
      for (const tell of this.#listeners) tell(this.freeze)
    })
  }

  /** Called with every change from here on, and with what agentd says first. */
  onChange(listener: OnChange): void {
    this.#listeners.push(listener)
  }

  async #follow(): Promise<void> {
    const { signal } = this.#closing
    while (!signal.aborted) {
      try {
        const { freeze } = await this.#agentd.freezeOnceChanged(this.#freeze, signal)
        if (this.#freeze !== undefined && freeze?.id === this.#freeze?.id) continue
        this.#freeze = freeze
        for (const tell of this.#listeners) tell(freeze)
      } catch (error) {
        if (signal.aborted) return
        this.#log.debug({ err: error }, 'agentd does not say whether agents are frozen')
        await sleep(AGAIN_MS, undefined, { signal, ref: false }).catch(() => undefined)
      }
    }
  }
}

export function frozenError({ id, level, reason, incident }: Freeze): CastellanError {
  const why = reason === '' ? '' : ` (${reason})`
  const act = incident === undefined ? '`agentctl thaw`' : `\`agentctl incident recover ${incident}\``
  return new CastellanError(
    'agents_frozen',
    `All agents are frozen${why}, so nothing is done. ${act} on the host lets them act again.`,
    { detail: { freeze: id, level } },
  )
}
