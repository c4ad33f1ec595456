import type { EngineMessage } from '@castellan/contracts'
import type { HistoryExchange } from './history.ts'

/** Most of an outline, and of each thing in it, in characters. */
const OUTLINE_CHARACTERS = 6_000
const ASKED_CHARACTERS = 200
const ANSWERED_CHARACTERS = 300
const RESULT_CHARACTERS = 160
/** What one message may be of the text that is summarised, in characters. */
const MESSAGE_CHARACTERS = 4_000
const CHARACTERS_PER_TOKEN = 3

/**
 * A summary by rule: what was asked, what was called and how that ended, what was answered. The same exchanges always give the
 * same outline. The newest lines stay where it grows too long.
 */
export function outlineOf(exchanges: readonly HistoryExchange[], before: string | null): string {
  const lines = [...(before === null ? [] : before.split('\n')), ...exchanges.flat().flatMap(outlineLine)]
  return newest(lines, OUTLINE_CHARACTERS, 'Earlier parts are left out.')
}

/** The exchanges as a text to be summarised, of at most about so many tokens; the newest of it where it is longer. */
export function writtenOut(exchanges: readonly HistoryExchange[], before: string | null, maxTokens: number): string {
  const notes = before === null ? [] : [`Notes of what came before: ${before}`]
  const lines = [...notes, ...exchanges.flat().flatMap(fullLine)]
  return newest(lines, Math.floor(maxTokens) * CHARACTERS_PER_TOKEN, 'Earlier parts are left out.')
}

function outlineLine(message: EngineMessage): string[] {
  switch (message.role) {
    case 'system':
      return []
    case 'user':
      return [`The owner said: ${cut(message.text, ASKED_CHARACTERS)}`]
    case 'assistant':
      return message.text.trim() === '' ? [] : [`You answered: ${cut(message.text, ANSWERED_CHARACTERS)}`]
    case 'tool':
      return [resultLine(message)]
  }
}

function fullLine(message: EngineMessage): string[] {
  switch (message.role) {
    case 'system':
      return []
    case 'user':
      return [`Owner: ${cut(message.text, MESSAGE_CHARACTERS)}`]
    case 'assistant': {
      const calls = message.calls.map(({ name, args }) => `Assistant calls ${name} ${cut(JSON.stringify(args), 400)}`)
      return [...(message.text.trim() === '' ? [] : [`Assistant: ${cut(message.text, MESSAGE_CHARACTERS)}`]), ...calls]
    }
    case 'tool':
      return [`${resultLine(message)} ${cut(JSON.stringify(message.result), MESSAGE_CHARACTERS)}`]
  }
}

function resultLine({ name, ok, summary, ledger_index }: Extract<EngineMessage, { role: 'tool' }>): string {
  const number = ledger_index === null ? '' : ` (ledger ${ledger_index})`
  return `${name} ${ok ? 'answered' : 'failed'}${number}: ${cut(summary, RESULT_CHARACTERS)}`
}

/** The newest lines that fit, and a word on those that do not. */
function newest(lines: readonly string[], maxCharacters: number, note: string): string {
  let from = lines.length
  let size = note.length
  while (from > 0 && size + (lines[from - 1]?.length ?? 0) < maxCharacters) {
    from -= 1
    size += (lines[from]?.length ?? 0) + 1
  }
  const fitting = lines.slice(from)
  if (from === 0) return fitting.join('\n')
  // One line that is longer than everything allowed is better cut than missing.
  if (fitting.length === 0) return `${note}\n${(lines.at(-1) ?? '').slice(-maxCharacters)}`
  return [note, ...fitting].join('\n')
}

function cut(text: string, max: number): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length > max ? `${line.slice(0, max)}…` : line
}
