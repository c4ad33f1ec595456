import { usePage, useSigned } from '../page.ts'
import { addressOf } from '../shell/router.ts'
import { outcomeOf } from './acts.ts'

/** Makes a call and tells that it was made. Rejects with what it was refused for, or failed with. */
export type Act = (tool: string, args: Record<string, unknown>, said?: string) => Promise<unknown>

/**
 * An act of a page: what is told (`said`, or what the tool says of it) leads to its entry in the ledger, where it can be taken back. Answers
 * with the tool's result.
 */
export function useAct(): Act {
  const { acts } = useSigned()
  const { toasts } = usePage()
  return async (tool, args, said) => {
    const call = await acts.call(tool, args)
    const { ok, text } = outcomeOf(call)
    if (!ok) throw new Error(text)
    const outcome = call.outcome?.status === 'done' ? call.outcome : null
    const index = outcome?.ledger_index ?? null
    toasts.good(said ?? text, index === null ? undefined : addressOf('ledger', { path: [String(index)] }))
    return outcome?.result
  }
}
