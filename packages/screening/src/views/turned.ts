import { type View, ViewBuilder } from './view.ts'

/** The folded text read in the ways that people read and filters do not: turned letters, figures for letters, letters set apart. */
export function turnedViews(view: View): View[] {
  return [rot13(view), reversed(view), ...figures(view), ...spacedLetters(view)]
}

function rot13({ text, at }: View): View {
  const turned = text.replace(/[a-z]/g, (letter) => String.fromCharCode(((letter.charCodeAt(0) - 84) % 26) + 97))
  return { text: turned, at, via: ['rot13'] }
}

function reversed({ text, at }: View): View {
  return { text: text.split('').reverse().join(''), at: at.slice().reverse(), via: ['reversed'] }
}

const figure: Readonly<Record<string, string>> = {
  0: 'o',
  1: 'i',
  3: 'e',
  4: 'a',
  5: 's',
  7: 't',
  8: 'b',
  '@': 'a',
  $: 's',
  '!': 'i',
}

/** Words with figures in the place of letters. */
function figures({ text, at }: View): View[] {
  if (!/[a-z][0134578@$!][a-z]/.test(text)) return []
  const read = text.replace(/[a-z0134578@$!]*[a-z][a-z0134578@$!]*/g, (word) =>
    word.replace(/[0134578@$!](?=.)|[013457@$]$/g, (sign) => figure[sign] as string),
  )
  return read === text ? [] : [{ text: read, at, via: ['figures for letters'] }]
}

/** Runs of single letters, `i g n o r e` or `i.g.n.o.r.e`, closed up. Two or more spaces between them end a word. */
function spacedLetters({ text, at }: View): View[] {
  const runs = [...text.matchAll(/(?<![a-z])(?:[a-z][ ._*|/-]{1,3}){11,}[a-z](?![a-z])/g)]
  if (runs.length === 0) return []
  const builder = new ViewBuilder(256)
  for (const { index, 0: run } of runs) {
    for (const { index: offset, 0: part } of run.matchAll(/[a-z]|[ ._*|/-]{2,}/g)) {
      const origin = at[index + offset] as number
      builder.add(part.length > 1 ? ' ' : part, origin)
    }
    builder.add('. ', at[index + run.length] as number)
  }
  return [{ ...builder.build(at.at(-1) as number, ['spaced']) }]
}
