/** Who waits for a change of what. */
export class Watchers<Key> {
  readonly #waiting = new Map<Key, Set<() => void>>()
  #closed = false

  /** All waiting has ended: {@link changed} answers at once, so whoever asks in a loop has to look here. */
  get closed(): boolean {
    return this.#closed
  }

  /** Answers at the next change, after `ms`, when `signal` fires, or when all waiting ends. */
  async changed(key: Key, ms: number, signal: AbortSignal): Promise<void> {
    if (this.#closed || signal.aborted) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const waiting = this.#waiting.get(key) ?? new Set()
    this.#waiting.set(key, waiting.add(resolve))
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => resolve(), { once: true })
    await promise
    clearTimeout(timer)
    waiting.delete(resolve)
    if (waiting.size === 0) this.#waiting.delete(key)
  }

  notify(key: Key): void {
    for (const resolve of this.#waiting.get(key) ?? []) resolve()
  }

  close(): void {
    this.#closed = true
    for (const key of this.#waiting.keys()) this.notify(key)
  }
}
