import { isAccent, isDirectionOverride, isInvisible, latinLookAlike, plain, taggedCharacter } from './characters.ts'
import { type View, ViewBuilder } from './view.ts'

/** What folding met beside the words. Offsets are those of the text that was given. */
export interface Folded {
  readonly view: View
  /** Places where an invisible character stands between letters, or a run of at least three of them. */
  readonly invisible: readonly { readonly start: number; readonly end: number }[]
  readonly overridden: readonly number[]
  /** What is spelt in tag characters. */
  readonly tagged: View | null
  /** Words of several scripts. */
  readonly mixed: readonly { readonly start: number; readonly end: number }[]
}

/** The text as a person would read it aloud: lower case, plain forms, nothing that is not seen, look-alikes as what they look like. */
export function fold(text: string): Folded {
  const known = new Map<string, string>()
  const builder = new ViewBuilder(text.length)
  const tags = new ViewBuilder(16)
  const invisible: { start: number; end: number }[] = []
  const overridden: number[] = []
  let tagCount = 0
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at)
    if (code < 0x80) {
      const end = asciiEnd(text, at)
      builder.addRun(text.slice(at, end).toLowerCase(), at)
      at = end
      continue
    }
    const point = text.codePointAt(at) as number
    const character = String.fromCodePoint(point)
    const next = at + character.length
    if (isInvisible(point)) {
      const run = invisibleRun(text, at)
      if (isOdd(text, run)) invisible.push({ start: run.start, end: run.end })
      for (let inside = run.start; inside < run.end; ) {
        const hidden = text.codePointAt(inside) as number
        if (isDirectionOverride(hidden)) overridden.push(inside)
        const tag = isOdd(text, run) ? taggedCharacter(hidden) : undefined
        if (tag !== undefined) {
          tags.add(tag.toLowerCase(), inside)
          tagCount += 1
        }
        inside += hidden > 0xffff ? 2 : 1
      }
      at = run.end
      continue
    }
    if (!isAccent(point)) {
      const seen = known.get(character) ?? plain(character)
      known.set(character, seen)
      builder.add(seen, at)
    }
    at = next
  }
  const { view, mixed } = latinWords(builder.build(text.length, []))
  return {
    view,
    invisible,
    overridden,
    tagged: tagCount < 8 ? null : tags.build(text.length, ['tag characters']),
    mixed,
  }
}

function asciiEnd(text: string, from: number): number {
  let end = from
  while (end < text.length && text.charCodeAt(end) < 0x80) end += 1
  return end
}

function invisibleRun(text: string, start: number): { start: number; end: number; count: number; flag: boolean } {
  let end = start
  let count = 0
  while (end < text.length) {
    const point = text.codePointAt(end) as number
    if (!isInvisible(point)) break
    end += point > 0xffff ? 2 : 1
    count += 1
  }
  // The flags of England, Scotland and Wales are spelt in tags after a black flag (UTS 51).
  const flag =
    start >= 2 && text.codePointAt(start - 2) === 0x1f3f4 && text.codePointAt(end - 2) === 0xe007f && count <= 7
  return { start, end, count, flag }
}

/** One joiner in an emoji or in a Persian or Indic word is spelling; between Latin letters it hides something. */
function isOdd(text: string, { start, end, count, flag }: ReturnType<typeof invisibleRun>): boolean {
  if (flag) return false
  if (count >= 3) return true
  const soft = count === 1 && text.charCodeAt(start) === 0xad
  return !soft && /[a-z]/i.test(text[start - 1] ?? '') && /[a-z]/i.test(text[end] ?? '')
}

/** Words that mix Latin letters with look-alikes of other scripts, read as Latin throughout. */
function latinWords({ text, at, via }: View): { view: View; mixed: { start: number; end: number }[] } {
  const mixed: { start: number; end: number }[] = []
  const units = text.split('')
  for (const { index, 0: word } of text.matchAll(
    /[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Armenian}]{3,}/gu,
  )) {
    if (!/[a-z]/.test(word) || !/[^a-zß-ÿ]/.test(word)) continue
    const letters = word.split('')
    const latin = letters.map((letter) => (/[a-z]/.test(letter) ? letter : latinLookAlike(letter)))
    if (latin.some((letter) => letter === undefined)) continue
    for (const [offset, letter] of latin.entries()) units[index + offset] = letter as string
    mixed.push({ start: at[index] as number, end: at[index + word.length] as number })
  }
  return mixed.length === 0 ? { view: { text, at, via }, mixed } : { view: { text: units.join(''), at, via }, mixed }
}
