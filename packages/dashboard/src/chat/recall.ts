import type { Item } from './state.ts'

/** What the owner said in this chat, newest first, without repeats next to each other. */
export function saidBefore(items: readonly Item[]): readonly string[] {
  const said = items.flatMap((item) => (item.kind === 'asked' ? [item.text] : [])).reverse()
  return said.filter((text, position) => text !== said[position - 1])
}

/**
 * The step through earlier messages that Up (`by` 1) and Down (`by` -1) make from `position`, which is -1 for what is
 * being typed. Null where there is nothing further, so that the key keeps its ordinary meaning.
 */
export function recall(
  said: readonly string[],
  position: number,
  by: 1 | -1,
): { position: number; text: string } | null {
  const next = position + by
  if (next < -1 || next >= said.length) return null
  return { position: next, text: said[next] ?? '' }
}
