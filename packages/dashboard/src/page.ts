import type { ReadonlySignal } from '@preact/signals'
import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { Session } from './session/session.ts'
import type { Appearance } from './theme/appearance.ts'

/** What every component may need, built once by main.tsx. */
export interface Page {
  readonly session: Session
  readonly appearance: Appearance
  /** Milliseconds since 1970, by the second. */
  readonly clock: ReadonlySignal<number>
}

export const PageContext = createContext<Page | null>(null)

export function usePage(): Page {
  const page = useContext(PageContext)
  if (page === null) throw new Error('a component was drawn outside the page')
  return page
}
