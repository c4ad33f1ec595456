import type { ComponentType } from 'preact'
import type { Route } from './router.ts'

/** What every page is given: where in it somebody is. Everything else comes from `usePage()` and `useSigned()`. */
export interface PageProps {
  readonly route: Route
}

/** A page as navigation, palette and router know it. */
export interface PageEntry {
  /** Its name in the address. */
  readonly name: string
  readonly title: string
  /** What one does there, for the palette. */
  readonly about: string
  readonly group: 'now' | 'record' | 'keep'
  readonly Icon: ComponentType
  /** Something beside its name that says that it wants to be seen. */
  readonly Badge?: ComponentType
  /** Fetched when it is first opened. */
  readonly load: () => Promise<ComponentType<PageProps>>
}
