import type { Item } from './state.ts'

/** Whether an answer says no more than the failed call above it, whose card has the same sentence already. */
export function repeatsFailure(before: Item | undefined, item: Item): boolean {
  if (item.kind !== 'answer' || before?.kind !== 'tool' || before.outcome === null || before.outcome.ok) return false
  return before.outcome.summary.startsWith(item.text.trim())
}
