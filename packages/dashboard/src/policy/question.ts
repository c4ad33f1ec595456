import { policyWords as words } from '../strings/policy.ts'
import type { Confirmation } from '../ui/confirm.tsx'
import type { Trial } from './views.ts'

const MOST_NAMED = 6

/** What is asked before a file is saved: what it does, as its trial found it. */
export function questionOf(file: string, text: string | null, { rules, warnings, calls }: Trial): Confirmation {
  const named = (['added', 'changed', 'removed'] as const).flatMap((what) => {
    const ids = rules[what]
    if (ids.length === 0) return []
    const more = ids.length > MOST_NAMED ? ', …' : ''
    return [`${words.save.rules[what]}: ${ids.slice(0, MOST_NAMED).join(', ')}${more}.`]
  })
  return {
    title: text === null ? words.save.titleRemove(file) : words.save.title(file),
    effects: [
      ...named,
      ...warnings,
      ...(calls === null ? [words.trial.noCalls] : [words.save.decided(calls.changed, calls.asked)]),
      words.save.atOnce,
      words.save.signed,
    ],
    undo: words.save.undo,
    act: words.save.act,
    danger: true,
  }
}
