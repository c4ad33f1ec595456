import { type ReadonlySignal, signal } from '@preact/signals'

export type Theme = 'light' | 'dark'
/** `system`: whichever the system has. */
export type ThemeChoice = Theme | 'system'

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
  readonly #choice

  readonly theme: ReadonlySignal<Theme> = this.#theme
  readonly choice: ReadonlySignal<ThemeChoice>

  constructor(host: AppearanceHost) {
    this.#host = host
    this.#choice = signal<ThemeChoice>(this.#stored() ?? 'system')
    this.choice = this.#choice
    host.prefersDark.addEventListener('change', () => this.#show())
    this.#show()
  }

  toggle(): void {
    const next: Theme = this.#theme.value === 'dark' ? 'light' : 'dark'
    this.choose(next === this.#systems() ? 'system' : next)
  }

  /** Kept in this browser, where that keeps anything. */
  choose(choice: ThemeChoice): void {
    if (choice === 'system') this.#host.storage?.removeItem(STORED)
    else this.#host.storage?.setItem(STORED, choice)
    this.#choice.value = choice
    this.#show()
  }

  #show(): void {
    const choice = this.#choice.value
    const theme = choice === 'system' ? this.#systems() : choice
    this.#theme.value = theme
    this.#host.root.dataset.theme = theme
  }

  #stored(): Theme | null {
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
