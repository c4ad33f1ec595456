import type { JournalEntry, Priority } from '../../host/journal.ts'
import { priorities } from '../../host/journal.ts'

/** Messages that differ only in numbers, addresses and the like, from one source. */
export interface MessageGroup {
  readonly source: string
  /** The message with what differs written as …. */
  readonly shape: string
  /** The newest of them in full. */
  readonly example: string
  readonly count: number
  /** The worst among them. */
  readonly priority: Priority
  readonly first: Date
  readonly last: Date
}

const MOST_SHAPE_CHARACTERS = 300

/** In this order: the first that fits a place names it. */
const varying: readonly RegExp[] = [
  // UUIDs, MAC addresses, IPv6 and IPv4 with port.
  /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi,
  /\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b/gi,
  /(?<![\w:])\[?(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}\]?(?::\d+)?(?![\w:])/gi,
  /\b\d{1,3}(?:\.\d{1,3}){3}(?:[:/]\d+)?\b/g,
  // Dates and times, as programs write them into their messages.
  /\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?/g,
  /\b\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?\b/g,
  // Hexadecimal: addresses in memory, hashes, identifiers of sessions and containers.
  /\b0x[0-9a-f]+\b/gi,
  /\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{8,}\b/gi,
  /\d+(?:\.\d+)?/g,
]

/** The message without what differs from one time to the next. */
export function shapeOf(message: string): string {
  const line = message.replace(/\s+/g, ' ').trim().slice(0, 2000)
  const shape = varying.reduce((text, pattern) => text.replace(pattern, '…'), line)
  return shape.replace(/(?:…[.,:/-]?)*…/g, '…').slice(0, MOST_SHAPE_CHARACTERS)
}

/** The groups among entries given newest first; the most frequent group comes first, of equals the newest. */
export function groupMessages(entries: readonly JournalEntry[]): MessageGroup[] {
  const groups = new Map<string, { -readonly [Key in keyof MessageGroup]: MessageGroup[Key] }>()
  for (const { unit, process, message, priority, at } of entries) {
    const source = unit ?? process ?? 'the system'
    const shape = shapeOf(message)
    const key = `${source}\n${shape}`
    const group = groups.get(key)
    if (group === undefined) {
      groups.set(key, { source, shape, example: message, count: 1, priority, first: at, last: at })
      continue
    }
    group.count += 1
    group.first = at
    if (priorities.indexOf(priority) < priorities.indexOf(group.priority)) group.priority = priority
  }
  return [...groups.values()].sort(
    (left, right) => right.count - left.count || right.last.getTime() - left.last.getTime(),
  )
}
