import type { Freeze } from '@castellan/contracts'
import { DRAIN_MS, type Latch } from '@castellan/daemon'
import type { Child } from './child.ts'

/** How often the latch is looked at, in milliseconds. */
const LOOK_MS = 250

export interface EmergencyParts {
  readonly latch: Latch
  /** What is kept stopped while agents are frozen. */
  readonly held: readonly Child[]
  /** What is started anew from level 2 on: with the old process goes every secret that it had in memory. */
  readonly renewed: readonly Child[]
  /** Said to whoever started all this. */
  readonly say: (text: string) => void
}

/**
 * Follows the operator's emergency stop by the latch in the state folder, whether agentd, the gateway or the engine answer
 * or not; see docs/emergency.md.
 */
export class EmergencyHold {
  readonly #parts: EmergencyParts
  #timer: NodeJS.Timeout | undefined
  #following: Promise<void> = Promise.resolve()
  #freeze: Freeze | null = null

  constructor(parts: EmergencyParts) {
    this.#parts = parts
  }

  /** Before anything is started: what is to be held is not started at all. */
  async begin(): Promise<void> {
    this.#freeze = await this.#parts.latch.read()
    if (this.#freeze !== null) {
      await Promise.all(this.#parts.held.map((child) => child.hold(DRAIN_MS)))
      this.#parts.say(`Agents are frozen since ${this.#freeze.at}: \`agentctl thaw\` lets them act again.`)
    }
    this.#follow()
  }

  /** Nothing is held or started any more. */
  async end(): Promise<void> {
    clearTimeout(this.#timer)
    await this.#following
    clearTimeout(this.#timer)
  }

  #follow(): void {
    this.#timer = setTimeout(() => {
      this.#following = this.#look()
        .catch((error: Error) => this.#parts.say(`The emergency stop could not be followed: ${error.message}`))
        .finally(() => this.#follow())
    }, LOOK_MS)
    this.#timer.unref()
  }

  async #look(): Promise<void> {
    const { latch, held, renewed, say } = this.#parts
    const before = this.#freeze
    if (!latch.isSet && before === null) return
    const freeze = await latch.read()
    if (freeze?.id === before?.id) return
    this.#freeze = freeze
    if (freeze === null) {
      for (const child of held) child.release()
      return say('Agents may act again.')
    }
    say(`Agents are frozen (level ${freeze.level}). \`agentctl thaw\` lets them act again.`)
    await Promise.all(held.map((child) => child.hold(DRAIN_MS)))
    if (freeze.level === 1) return
    for (const child of renewed) {
      await child.hold(DRAIN_MS)
      child.release()
    }
  }
}
