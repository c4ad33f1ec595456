import { type Redacted, redact } from './redact.ts'

/** A string within the events of a stream: which event, and where in it. */
interface Piece {
  readonly holder: Record<string, unknown>
  readonly key: string
  readonly value: string
}

/** Strings of the same place in event after event are one text that came in pieces; shorter ones are names and ids. */
const TEXTS = new Set([
  'text',
  'content',
  'thinking',
  'partial_json',
  'arguments',
  'delta',
  'reasoning',
  'reasoning_content',
])

/**
 * Takes secrets out of the body of an answer. In a stream of events (`data:` lines with JSON) a secret may have come in pieces, so
 * the pieces of each text are read as one, and of those that hold a part of a secret nothing is kept but a note. `clean` says what a
 * secret is.
 */
export function redactAnswer(body: string, clean: (text: string) => Redacted = redact): Redacted {
  const lines = body.split('\n')
  const events = lines.map(eventOf)
  let count = 0
  for (const pieces of textsOf(events).values()) count += blank(pieces, clean)
  const rewritten = count === 0 ? body : lines.map((line, at) => written(line, events[at])).join('\n')
  const rest = clean(rewritten)
  return { text: rest.text, count: rest.count + count }
}

function eventOf(line: string): unknown {
  const json = line.startsWith('data:') ? line.slice(5) : line
  if (!json.trimStart().startsWith('{')) return undefined
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

function written(line: string, event: unknown): string {
  if (event === undefined) return line
  return `${line.startsWith('data:') ? 'data: ' : ''}${JSON.stringify(event)}`
}

/** The pieces of each text, by where in its event it stands. */
function textsOf(events: readonly unknown[]): Map<string, Piece[]> {
  const texts = new Map<string, Piece[]>()
  for (const event of events) collect(event, '', texts)
  return texts
}

function collect(value: unknown, path: string, texts: Map<string, Piece[]>): void {
  if (typeof value !== 'object' || value === null) return
  for (const [key, item] of Object.entries(value)) {
    const place = `${path}/${key}`
    if (typeof item === 'string' && TEXTS.has(key)) {
      const pieces = texts.get(place) ?? []
      pieces.push({ holder: value as Record<string, unknown>, key, value: item })
      texts.set(place, pieces)
    } else collect(item, place, texts)
  }
}

/** Blanks the pieces that hold a part of a secret that no piece holds whole. Returns how many secrets there were. */
function blank(pieces: readonly Piece[], clean: (text: string) => Redacted): number {
  const whole = pieces.map(({ value }) => value).join('')
  const cleaned = clean(whole)
  if (cleaned.count === 0) return 0
  // Where piece by piece leaves the same, each secret lies within one, and the pieces can stay.
  if (pieces.map(({ value }) => clean(value).text).join('') === cleaned.text) return 0
  const [first, ...others] = pieces
  for (const { holder, key } of others) holder[key] = ''
  if (first !== undefined) first.holder[first.key] = cleaned.text
  return cleaned.count
}
