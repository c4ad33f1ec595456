import type { Item } from './state.ts'

/** Ledger numbers of the acts in this chat that a later call took back. */
export function undoneActs(items: readonly Item[]): ReadonlySet<number> {
  return new Set(
    items.flatMap((item) => {
      const isUndo = item.kind === 'tool' && item.name === 'undo_apply' && item.outcome?.ok === true
      return isUndo && typeof item.args.index === 'number' ? [item.args.index] : []
    }),
  )
}
