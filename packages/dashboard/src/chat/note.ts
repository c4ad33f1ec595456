import type { ServerFrame } from '@castellan/contracts'
import { strings } from '../strings.ts'

export type NoteFrame = Extract<
  ServerFrame,
  { type: 'model' | 'notice' | 'recalled' | 'reasoning' | 'compacted' | 'usage' | 'mode' }
>

/** What a frame about the answers says: a line, and what lies behind it. */
export function noteOf(frame: NoteFrame): { readonly text: string; readonly detail: string | null } {
  const { notes } = strings.chat
  switch (frame.type) {
    case 'model':
      return { text: notes.outside(frame.model ?? frame.engine, frame.host), detail: null }
    case 'notice':
      return { text: frame.text, detail: null }
    case 'recalled':
      if (frame.problem !== undefined) return { text: notes.notRecalled, detail: frame.problem }
      return {
        text: notes.recalled(frame.facts.length, frame.left_out),
        detail: frame.facts.map(({ text, source, by }) => notes.fact(text, source, by)).join('\n'),
      }
    case 'reasoning':
      return { text: notes.reasoning, detail: frame.text }
    case 'compacted':
      return { text: notes.compacted(frame.exchanges), detail: frame.summary }
    case 'mode':
      return { text: notes.mode(frame.mode), detail: null }
    case 'usage':
      return { text: notes.usage(frame.prompt_tokens, frame.output_tokens, frame.cost), detail: null }
  }
}
