import type { LedgerEntry } from '@castellan/contracts'

/** What full text finds an entry by: its header and facts, and the summary, which is public by contract. */
export function searchableText(entry: LedgerEntry, summary: unknown): string {
  const { type, actor, session, call_id, approval_id, tool, code, facts = {} } = entry
  const parts = [type, actor.name, session, call_id, approval_id, tool, code, ...Object.values(facts), summary]
  return parts.filter((part) => typeof part === 'string').join(' ')
}

/** A person's words as an FTS5 query that cannot fail to parse: every word must occur, the last may be cut short. */
export function ftsQuery(text: string): string | null {
  const words = text.match(/[\p{L}\p{N}_]+/gu) ?? []
  return words.length === 0 ? null : words.map((word, i) => `"${word}"${i === words.length - 1 ? '*' : ''}`).join(' ')
}
