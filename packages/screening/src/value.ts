import type { Screening } from './mark.ts'
import { screen } from './screen.ts'

/** Levels of nesting that are looked into. */
const DEEPEST = 32
/** Between texts of one value, so that no pattern reaches from one into the next and lines begin lines. */
const BETWEEN = '\n\n'

/** Every string in a value, names of fields that are not words of a schema included, in the order in which JSON has them. */
export function textsIn(value: unknown): string[] {
  const texts: string[] = []
  collect(value, texts, 0)
  return texts
}

/** Screens a structured value as one text: an injection may be spread over its fields. Offsets are those of the joined text. */
export function screenValue(value: unknown): Screening {
  return screen(textsIn(value).join(BETWEEN))
}

function collect(value: unknown, texts: string[], depth: number): void {
  if (depth > DEEPEST) return
  if (typeof value === 'string') texts.push(value)
  if (typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) {
    for (const item of value) collect(item, texts, depth + 1)
    return
  }
  for (const [name, field] of Object.entries(value)) {
    if (!/^[a-zA-Z][\w.-]{0,40}$/.test(name)) texts.push(name)
    collect(field, texts, depth + 1)
  }
}
