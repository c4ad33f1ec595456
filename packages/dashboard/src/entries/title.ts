import { entryTitles, entryWords } from '../strings/entries.ts'
import type { Entry } from './entry.ts'

const { failures } = entryWords

/** What an entry is, in a few words: `file_write, done`, `Approved`, `Switch: committed`. */
export function titleOf({ type, tool, ok, facts }: Entry): string {
  const own =
    ok === false && type in failures ? failures[type as keyof typeof failures] : (entryTitles[type] ?? spelled(type))
  if (type === 'approval_decided')
    return `${ok === true ? entryWords.approved : entryWords.denied}${tool === undefined ? '' : `: ${tool}`}`
  if (type === 'switch_step') return `${own}: ${spelled(String(facts?.phase ?? ''))}`
  return tool === undefined ? own : `${tool}: ${own.toLowerCase()}`
}

/** `egress_shut` → `Egress shut`. */
function spelled(name: string): string {
  const words = name.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}
