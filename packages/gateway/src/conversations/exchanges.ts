import type { EngineMessage, ServerFrame } from '@castellan/contracts'
import { withAttachments } from '../chat/attachments.ts'
import { SHOWN_TO_OWNER } from '../chat/withhold.ts'
import { recallMessages } from '../memory/recall.ts'
import type { StoredEntry } from './rows.ts'

/** What a model is told of a conversation that goes on: exchanges, and the summary of those before them. */
export interface Remembered {
  readonly exchanges: readonly (readonly EngineMessage[])[]
  readonly summary: string | null
}

/** A command is no talk with the model, unless it made a call, which the model should know of. */
const COMMAND = /^\/[a-z]+(?:\s|$)/i

/** Reads from a transcript what the model had been told. Turns that had no answer, and asides, are left out. */
export function exchangesOf(entries: readonly StoredEntry[]): Remembered {
  const reader = new Reader()
  for (const { frame } of entries) reader.read(frame)
  return reader.end()
}

function isSecret(message: EngineMessage): boolean {
  return message.role === 'tool' && message.secret === true
}

/** After a call that the owner spelled out, what is said is its summary. */
function withoutSummary(message: EngineMessage): EngineMessage {
  return message.role === 'assistant' && message.text !== '' ? { ...message, text: SHOWN_TO_OWNER } : message
}

class Reader {
  #exchanges: EngineMessage[][] = []
  #summary: string | null = null
  #turn: EngineMessage[] | null = null
  #text = ''
  #calls: Extract<EngineMessage, { role: 'assistant' }>['calls'] = []

  read(frame: ServerFrame): void {
    switch (frame.type) {
      case 'asked':
        // What is asked while a turn runs is an aside.
        this.#turn ??= [{ role: 'user', text: withAttachments(frame.text, frame.attachments) }]
        return
      case 'text':
        if (frame.aside === true) return
        if (this.#calls.length > 0) this.#speak()
        this.#text += frame.text
        return
      case 'tool_use':
        this.#calls = [...this.#calls, { call_id: frame.call_id, name: frame.name, args: frame.args }]
        return
      case 'tool_result': {
        const { call_id, name, ok, summary, result, ledger_index, secret } = frame
        this.#speak()
        const told = { call_id, name, ok, summary, result, ledger_index, ...(secret === undefined ? {} : { secret }) }
        this.#turn?.push({ role: 'tool', ...told })
        return
      }
      case 'recalled':
        this.#speak()
        if (frame.facts.length > 0) {
          this.#turn?.push(...recallMessages(frame.call_id, frame.about, frame.facts, frame.ledger_index))
        }
        return
      case 'compacted':
        this.#exchanges.splice(0, frame.exchanges)
        this.#summary = frame.summary
        return
      case 'done':
        this.#endTurn()
        return
      default:
    }
  }

  end(): Remembered {
    return { exchanges: this.#exchanges, summary: this.#summary }
  }

  /** What was said and called until now is one message. */
  #speak(): void {
    if (this.#text !== '' || this.#calls.length > 0) {
      this.#turn?.push({ role: 'assistant', text: this.#text, calls: this.#calls })
    }
    this.#text = ''
    this.#calls = []
  }

  #endTurn(): void {
    this.#speak()
    const turn = this.#turn ?? []
    this.#turn = null
    const [asked] = turn
    const called = turn.some(({ role }) => role === 'tool')
    if (asked?.role !== 'user' || turn.length < 2) return
    if (!COMMAND.test(asked.text)) this.#exchanges.push(turn)
    else if (called) this.#exchanges.push(turn.some(isSecret) ? turn.map(withoutSummary) : turn)
  }
}
