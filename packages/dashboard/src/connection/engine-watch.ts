import type { GatewayHealth } from '@castellan/contracts'
import { type ReadonlySignal, signal } from '@preact/signals'

export type ThinkingState = GatewayHealth['engine'] | 'agentd_unavailable' | 'unknown'

/** How long until the next look at what is not ready yet, in milliseconds. */
const LOOK_AGAIN_MS = 2_000

/** Whether the model is there. Looks when a connection opens, and again only for as long as the answer is not `ready`. */
export class EngineWatch {
  readonly #state = signal<ThinkingState>('unknown')
  readonly #health: () => Promise<GatewayHealth>
  #looks = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  readonly state: ReadonlySignal<ThinkingState> = this.#state

  constructor(health: () => Promise<GatewayHealth>) {
    this.#health = health
  }

  look(): void {
    this.stop()
    const look = this.#looks
    const learn = (state: ThinkingState) => {
      if (look === this.#looks) this.#is(state)
    }
    this.#health().then(
      (health) => learn(health.agentd === 'unavailable' ? 'agentd_unavailable' : health.engine),
      () => learn('unknown'),
    )
  }

  /** Stops looking; an answer that is still on its way counts for nothing. */
  stop(): void {
    this.#looks += 1
    clearTimeout(this.#timer)
  }

  #is(state: ThinkingState): void {
    this.#state.value = state
    if (state !== 'ready') this.#timer = setTimeout(() => this.look(), LOOK_AGAIN_MS)
  }
}
