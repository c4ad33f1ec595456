import type { GatewayHealth } from '@castellan/contracts'
import { type ReadonlySignal, signal } from '@preact/signals'

export type ThinkingState = GatewayHealth['engine'] | 'agentd_unavailable' | 'unknown'

/** How long until the next look at what is not ready yet, in milliseconds. */
const LOOK_AGAIN_MS = 2_000

/** Whether the model is there. Looks when a connection opens, and again only for as long as the answer is not `ready`. */
export class EngineWatch {
  readonly #state = signal<ThinkingState>('unknown')
  readonly #health: () => Promise<GatewayHealth>
  #timer: ReturnType<typeof setTimeout> | undefined

  readonly state: ReadonlySignal<ThinkingState> = this.#state

  constructor(health: () => Promise<GatewayHealth>) {
    this.#health = health
  }

  look(): void {
    clearTimeout(this.#timer)
    this.#health().then(
      (health) => this.#is(health.agentd === 'unavailable' ? 'agentd_unavailable' : health.engine),
      () => this.#is('unknown'),
    )
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  #is(state: ThinkingState): void {
    this.#state.value = state
    if (state === 'ready') return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.look(), LOOK_AGAIN_MS)
  }
}
