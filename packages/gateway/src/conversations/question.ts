/** Words of a question that are looked for. */
const MOST_WORDS = 32

/** A question for FTS5: all of its words, each in quotes, so that nothing in it is read as the query language. Words match from their beginning. */
export function ftsQuestion(words: string): string {
  const terms = words.match(/[\p{L}\p{N}]+/gu) ?? []
  return terms
    .slice(0, MOST_WORDS)
    .map((term) => `"${term}"*`)
    .join(' AND ')
}
