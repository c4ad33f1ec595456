import type { ReadonlySignal } from '@preact/signals'
import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { Acts } from './acts/acts.ts'
import type { Api } from './api/api.ts'
import type { Chats } from './chat/chats.ts'
import type { EngineWatch } from './connection/engine-watch.ts'
import type { Line } from './connection/line.ts'
import type { Emergency } from './emergency/emergency.ts'
import type { Live } from './live/live.ts'
import type { Session } from './session/session.ts'
import type { Prover, Signer } from './session/signer.ts'
import type { Router } from './shell/router.ts'
import type { Appearance } from './theme/appearance.ts'
import type { Confirmations } from './ui/confirm.tsx'
import type { TimeStyle } from './ui/time-style.ts'
import type { Toasts } from './ui/toasts.tsx'

/** What every component may need, built once by main.tsx. */
export interface Page {
  readonly session: Session
  readonly appearance: Appearance
  readonly timeStyle: TimeStyle
  readonly router: Router
  readonly toasts: Toasts
  readonly confirmations: Confirmations
  /** Milliseconds since 1970, by the second. */
  readonly clock: ReadonlySignal<number>
}

/** What there is once somebody signed in; another one for each sign-in, so that nothing of one is left for the next. */
export interface Signed {
  readonly api: Api
  readonly line: Line
  readonly live: Live
  readonly chats: Chats
  readonly engine: EngineWatch
  readonly signer: Signer & Prover
  readonly acts: Acts
  readonly emergency: Emergency
  /** This browser holds an enrolled key. */
  readonly canApprove: boolean
}

export const PageContext = createContext<Page | null>(null)
export const SignedContext = createContext<Signed | null>(null)

export function usePage(): Page {
  const page = useContext(PageContext)
  if (page === null) throw new Error('a component was drawn outside the page')
  return page
}

export function useSigned(): Signed {
  const signed = useContext(SignedContext)
  if (signed === null) throw new Error('a component that needs a sign-in was drawn without one')
  return signed
}
