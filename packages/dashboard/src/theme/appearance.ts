import { type ReadonlySignal, signal } from '@preact/signals'

export type Theme = 'light' | 'dark'

const STORED = 'castellan.theme'

/** What the appearance needs of the browser. */
export interface AppearanceHost {
  readonly root: { dataset: DOMStringMap }
  readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | null
  readonly prefersDark: Pick<MediaQueryList, 'matches' | 'addEventListener'>
}

/** Light or dark: as the system has it, until the owner chooses otherwise; choosing the system's again follows it again. */
export class Appearance {
  readonly #host: AppearanceHost
  readonly #theme = signal<Theme>('light')

  readonly theme: ReadonlySignal<Theme> = this.#theme

  constructor(host: AppearanceHost) {
    this.#host = host
    host.prefersDark.addEventListener('change', () => this.#show())
    this.#show()
  }

  toggle(): void {
    const next: Theme = this.#theme.value === 'dark' ? 'light' : 'dark'
    if (next === this.#systems()) this.#host.storage?.removeItem(STORED)
    else this.#host.storage?.setItem(STORED, next)
    this.#show(next)
  }

  #show(theme: Theme = this.#chosen() ?? this.#systems()): void {
    this.#theme.value = theme
    this.#host.root.dataset.theme = theme
  }

  #chosen(): Theme | null {
    const stored = this.#host.storage?.getItem(STORED)
    return stored === 'light' || stored === 'dark' ? stored : null
  }

  #systems(): Theme {
    return this.#host.prefersDark.matches ? 'dark' : 'light'
  }
}

/** Where the browser keeps choices for this page; null where it keeps nothing. */
export function browserStorage(): Storage | null {
  try {
    return localStorage
  } catch {
    return null
  }
}

/** The real browser; one that keeps nothing for this page just forgets the choice. */
export function browserAppearance(): AppearanceHost {
  const prefersDark = matchMedia('(prefers-color-scheme: dark)')
  return { root: document.documentElement, storage: browserStorage(), prefersDark }
}
