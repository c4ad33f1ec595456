import { type Signal, useSignal } from '@preact/signals'
import { toError } from '../live/resource.ts'
import { usePage } from '../page.ts'
import { sentenceOf } from '../ui/states.tsx'

export interface Doing {
  readonly busy: Signal<boolean>
  /** Why the last try was refused; null while there is nothing to say. */
  readonly problem: Signal<string | null>
  /** Runs `act`, one at a time; true where it was done. */
  run(act: () => Promise<void>): Promise<boolean>
}

/** Something that is sent off by a button of a form: the form says that it is under way, and why it was refused. */
export function useDoing(): Doing {
  const busy = useSignal(false)
  const problem = useSignal<string | null>(null)
  return {
    busy,
    problem,
    async run(act) {
      if (busy.peek()) return false
      busy.value = true
      problem.value = null
      try {
        await act()
        return true
      } catch (error) {
        problem.value = sentenceOf(toError(error))
        return false
      } finally {
        busy.value = false
      }
    },
  }
}

/** For acts without a form: a refusal is a toast. */
export function useTry(): (act: () => Promise<void>) => Promise<void> {
  const { toasts } = usePage()
  return (act) => act().catch((error: unknown) => toasts.bad(sentenceOf(toError(error))))
}
