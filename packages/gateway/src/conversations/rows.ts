import type { ChatId, ServerFrame } from '@castellan/contracts'

/** A row of the table `frames`. */
export interface FrameRow {
  readonly id: number
  readonly first_seq: number
  readonly last_seq: number
  readonly at: number
  readonly type: ServerFrame['type']
  readonly frame: string | null
  readonly words: string | null
  readonly cuts: string | null
  readonly found: 0 | 1
}

export interface StoredEntry {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly frame: ServerFrame
}

type Text = Pick<FrameRow, 'first_seq' | 'last_seq' | 'at' | 'words' | 'cuts'>

/** Pieces of one text, in order, as one. */
export function joined(pieces: readonly Text[]): Text {
  const [first, last] = [pieces[0], pieces.at(-1)]
  return {
    first_seq: first?.first_seq ?? 0,
    last_seq: last?.last_seq ?? 0,
    at: first?.at ?? 0,
    words: pieces.map(({ words }) => words ?? '').join(''),
    cuts: pieces.map(({ cuts, words }) => cuts ?? String(words?.length ?? 0)).join(' '),
  }
}

/** Rows as the frames they stand for. Text that follows text is one frame; of one that was heard in part, the rest. */
export function storedEntries(rows: readonly FrameRow[], after: number, chat: ChatId): StoredEntry[] {
  const entries: StoredEntry[] = []
  let texts: FrameRow[] = []
  const flush = () => {
    if (texts.length === 0) return
    const text = joined(texts)
    const frame: ServerFrame = { type: 'text', text: remainder(text, after), chat_id: chat, seq: text.last_seq }
    entries.push({ at: text.at, frame })
    texts = []
  }
  for (const row of rows) {
    if (row.type === 'text' && row.frame === null) {
      texts.push(row)
      continue
    }
    flush()
    entries.push({ at: row.at, frame: frameOf(row, chat) })
  }
  flush()
  return entries
}

function frameOf({ frame, words, last_seq }: FrameRow, chat_id: ChatId): ServerFrame {
  if (frame !== null) return JSON.parse(frame) as ServerFrame
  return { type: 'asked', text: words ?? '', chat_id, seq: last_seq }
}

/** What of a text comes after a point. */
function remainder({ first_seq, words, cuts }: Text, after: number): string {
  const text = words ?? ''
  const heard = Math.max(0, after + 1 - first_seq)
  if (heard === 0 || cuts === null) return text
  const lengths = cuts.split(' ').slice(0, heard).map(Number)
  return text.slice(lengths.reduce((sum, length) => sum + length, 0))
}
