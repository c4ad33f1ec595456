import type { AgentName, ChatId, ChatMode, ServerFrame, SessionId } from '@castellan/contracts'

/** A piece of a transcript on its way to the disk. */
export interface NewEntry {
  readonly firstSeq: number
  readonly lastSeq: number
  /** Milliseconds since 1970. */
  readonly at: number
  readonly type: ServerFrame['type']
  /** The JSON that was sent; null where `words` say it all. */
  readonly frame: string | null
  /** What search finds; null for what nobody looks for. */
  readonly words: string | null
  /** Of text: the lengths of its deltas, in characters. */
  readonly cuts: readonly number[] | null
}

/** What a chat is, apart from what was said in it. */
export interface ChatMeta {
  readonly name: ChatId
  readonly agent: AgentName
  readonly session: SessionId
  readonly sessionKey: string | null
  readonly mode: ChatMode | null
  readonly running: boolean
}

export interface ChatBatch extends ChatMeta {
  readonly entries: readonly NewEntry[]
}

/** Whether a frame is words and nothing else, so that the words stand for it. */
export function isPlain(frame: ServerFrame): frame is Extract<ServerFrame, { type: 'asked' | 'text' }> {
  if (frame.type === 'asked') return frame.attachments === undefined
  return frame.type === 'text' && frame.aside !== true
}

/** What search should find a frame by. */
export function wordsOf(frame: ServerFrame): string | null {
  switch (frame.type) {
    case 'asked':
      return [frame.text, ...(frame.attachments ?? []).map(({ name }) => name)].join('\n')
    case 'text':
      return frame.text
    case 'tool_result':
      return frame.summary
    case 'error':
      return frame.message
    default:
      return null
  }
}
