import { type ReadonlySignal, signal } from '@preact/signals'

const STORED = 'castellan.times'

/** Whether moments are shown as `3 minutes ago` or to the second. */
export class TimeStyle {
  readonly #storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | null
  readonly #style
  readonly style: ReadonlySignal<'relative' | 'exact'>

  constructor(storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | null) {
    this.#storage = storage
    this.#style = signal<'relative' | 'exact'>(storage?.getItem(STORED) === 'exact' ? 'exact' : 'relative')
    this.style = this.#style
  }

  toggle(): void {
    this.choose(this.#style.value === 'exact' ? 'relative' : 'exact')
  }

  choose(style: 'relative' | 'exact'): void {
    this.#style.value = style
    if (style === 'exact') this.#storage?.setItem(STORED, 'exact')
    else this.#storage?.removeItem(STORED)
  }
}
