import { type ReadonlySignal, signal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'

/** What was asked for: not there yet, there, or refused. A value that was there stays while it is asked for anew. */
export type Loaded<Value> =
  | { readonly kind: 'loading' }
  | { readonly kind: 'ready'; readonly value: Value }
  | { readonly kind: 'failed'; readonly error: Error }

/** Something the gateway tells, asked for when it is first shown and again when something says that it changed. */
export class Resource<Value> {
  readonly #state = signal<Loaded<Value>>({ kind: 'loading' })
  readonly #load: (signal: AbortSignal) => Promise<Value>
  #asking = new AbortController()

  readonly state: ReadonlySignal<Loaded<Value>> = this.#state

  constructor(load: (signal: AbortSignal) => Promise<Value>) {
    this.#load = load
  }

  /** Asks (again). An answer to an earlier question counts for nothing. */
  async reload(): Promise<void> {
    this.#asking.abort()
    const asking = new AbortController()
    this.#asking = asking
    try {
      const value = await this.#load(asking.signal)
      if (!asking.signal.aborted) this.#state.value = { kind: 'ready', value }
    } catch (error) {
      if (!asking.signal.aborted) this.#state.value = { kind: 'failed', error: toError(error) }
    }
  }

  /** Puts in its place what an act answered with. */
  replace(value: Value): void {
    this.#asking.abort()
    this.#state.value = { kind: 'ready', value }
  }

  close(): void {
    this.#asking.abort()
  }
}

/** A resource for as long as a component is shown; another one for other `inputs`. */
export function useResource<Value>(
  load: (signal: AbortSignal) => Promise<Value>,
  inputs: readonly unknown[] = [],
): Resource<Value> {
  const resource = useMemo(() => new Resource(load), inputs)
  useEffect(() => {
    void resource.reload()
    return () => resource.close()
  }, [resource])
  return resource
}

export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}
