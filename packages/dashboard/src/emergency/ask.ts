import { toError } from '../live/resource.ts'
import type { Page } from '../page.ts'
import { security as words } from '../strings/security.ts'
import { sentenceOf } from '../ui/states.tsx'
import type { Emergency } from './emergency.ts'

type Asking = Pick<Page, 'confirmations' | 'toasts'>

/** Says what a freeze will do, has its word typed, and freezes. */
export function askToFreeze({ confirmations, toasts }: Asking, emergency: Emergency): Promise<void> {
  return told(toasts, async () => {
    if (!(await confirmations.ask({ ...words.freeze, danger: true }))) return
    await emergency.freeze()
    toasts.good(words.emergency.frozenNow)
  })
}

/** The same for the freeze with that id, which ends. */
export function askToThaw({ confirmations, toasts }: Asking, emergency: Emergency, freeze: string): Promise<void> {
  return told(toasts, async () => {
    if (!(await confirmations.ask(words.thaw))) return
    await emergency.thaw(freeze)
    toasts.good(words.emergency.thawedNow)
  })
}

function told(toasts: Page['toasts'], act: () => Promise<void>): Promise<void> {
  return act().catch((error: unknown) => toasts.bad(sentenceOf(toError(error))))
}
