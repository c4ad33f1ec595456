import Database from 'better-sqlite3'
import { z } from 'zod'
import type { Skill } from '../host/skills.ts'

/** Words of a question that are looked for. */
const MOST_WORDS = 32
/** Words that are in every question and every skill. */
const smallWords = new Set(
  'a an and any are as at be by can do does for from has have how i in is it its me my of on or our please so that the there they this to was we what when where which who why will with you your'.split(
    ' ',
  ),
)

const Found = z.array(z.object({ rowid: z.number(), score: z.number() }))

/**
 * Skills by how well they fit some words: FTS5 in memory, BM25. A word in the name counts most, then the description,
 * then the text. Best first; those with none of the words are left out.
 */
export function rankSkills(
  about: string,
  skills: readonly Skill[],
): { readonly skill: Skill; readonly score: number }[] {
  const question = questionOf(about)
  if (question === '' || skills.length === 0) return []
  const db = new Database(':memory:')
  try {
    db.exec(
      "CREATE VIRTUAL TABLE words USING fts5(name, description, text, tokenize='porter unicode61 remove_diacritics 2')",
    )
    const insert = db.prepare('INSERT INTO words (rowid, name, description, text) VALUES (?, ?, ?, ?)')
    db.transaction(() => {
      for (const [row, { name, description, text }] of skills.entries()) {
        insert.run(row, name.replaceAll('-', ' '), description, text)
      }
    })()
    // bm25() is smaller for what fits better.
    const sql =
      'SELECT rowid, -bm25(words, 8.0, 4.0, 1.0) AS score FROM words WHERE words MATCH ? ORDER BY score DESC, rowid'
    return Found.parse(db.prepare(sql).all(question)).flatMap(({ rowid, score }) => {
      const skill = skills[rowid]
      return skill === undefined ? [] : [{ skill, score: Math.round(score * 1000) / 1000 }]
    })
  } finally {
    db.close()
  }
}

/** Any of the words, each in quotes, so that nothing is read as the query language; from their beginning. */
function questionOf(about: string): string {
  const words = about.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
  const telling = words.filter((word) => !smallWords.has(word))
  return telling
    .slice(0, MOST_WORDS)
    .map((word) => `"${word}"*`)
    .join(' OR ')
}
