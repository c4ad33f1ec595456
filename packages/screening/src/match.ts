import type { Mark } from './mark.ts'
import type { Rule } from './rules/index.ts'
import type { View } from './views/view.ts'

/** Matches of one rule in one view that are kept. */
const MOST = 16

/** Every place where a rule fits, in offsets of the text that was given. What had to be undone weighs more. */
export function match(view: View, rules: readonly Rule[]): (Mark & { readonly always: boolean })[] {
  const { text, at, via } = view
  const marks: (Mark & { always: boolean })[] = []
  for (const { reason, weight, pattern, hints, always = false } of rules) {
    if (hints !== undefined && !hints.some((hint) => text.includes(hint))) continue
    let count = 0
    for (const { index, 0: found } of text.matchAll(pattern)) {
      if (found.length === 0) continue
      const [from, to] = [at[index] as number, at[index + found.length] as number]
      const [start, end] = from <= to ? [from, to] : [to, from]
      marks.push({ reason, start, end, weight: hidden(weight, via), via, always: always || via.length > 0 })
      if (++count >= MOST) break
    }
  }
  return marks
}

/** Nobody encodes a sentence to a model by accident. */
function hidden(weight: number, via: readonly string[]): number {
  return via.length === 0 ? weight : Math.min(0.95, weight + 0.2)
}
