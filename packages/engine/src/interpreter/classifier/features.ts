import { crc32 } from 'node:zlib'

const EDGES = new Set('.,!?;:"\'`()')
const MAX_WORD = 40

/** Words of a normalised request (FORMAT.md, Classifier): a path, a number and an identifier each count as one, whatever they are. */
export function wordsOf(text: string): string[] {
  return text.split(/[ \t\n\r]+/).flatMap((piece) => {
    const bare = stripEdges(piece)
    if (bare.includes('/')) return ['<path>']
    if (/^#?[0-9]+$/.test(bare)) return ['<number>']
    const length = [...bare].length
    if (length > 8 && /[0-9]/.test(bare)) return ['<id>']
    if (length > MAX_WORD) return ['<long>']
    return bare.split(/[-_.=:]/).filter((part) => part !== '')
  })
}

/** Buckets of a request's words, pairs, pairs with one word between, and runs of four characters; never empty. */
export function features(text: string, buckets: number): number[] {
  const words = wordsOf(text)
  const framed = ['^', ...words, '$']
  const found = [
    ...words.map((word) => `w${word}`),
    ...words.flatMap(fours).map((run) => `c${run}`),
    ...framed.slice(1).map((word, index) => `p${framed[index]} ${word}`),
    ...words.slice(2).map((word, index) => `s${words[index]} ${word}`),
  ]
  return found.length === 0 ? [0] : found.map((feature) => crc32(feature) % buckets)
}

function fours(word: string): string[] {
  const edged = [...`<${word}>`]
  return Array.from({ length: Math.max(1, edged.length - 3) }, (_, at) => edged.slice(at, at + 4).join(''))
}

function stripEdges(piece: string): string {
  let [start, end] = [0, piece.length]
  while (start < end && EDGES.has(piece.charAt(start))) start++
  while (end > start && EDGES.has(piece.charAt(end - 1))) end--
  return piece.slice(start, end)
}
