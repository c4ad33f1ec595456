import type { EngineMessage } from '@castellan/contracts'
import { resultText } from '../remote/tool-calls.ts'

/**
 * A conversation as one message, for a program that is started anew for each turn: what was said before stands in front of
 * what was said last, marked as what it is.
 */
export function promptOf(messages: readonly EngineMessage[]): string {
  const said = messages.filter(({ role }) => role !== 'system')
  const last = said.findLastIndex(({ role }) => role === 'user')
  const before = said.slice(0, last).flatMap(lineOf)
  const after = said.slice(last + 1).flatMap(lineOf)
  const user = said[last]
  const text = user?.role === 'user' ? user.text : ''
  return [
    ...(before.length === 0 ? [] : ['<earlier-conversation>', ...before, '</earlier-conversation>', '']),
    text,
    // The turn was interrupted between a call and the answer; what was done is not to be done again.
    ...(after.length === 0 ? [] : ['', '<done-already>', ...after, '</done-already>']),
  ].join('\n')
}

function lineOf(message: EngineMessage): string[] {
  switch (message.role) {
    case 'system':
      return []
    case 'user':
      return [`Owner: ${message.text}`]
    case 'assistant': {
      const calls = message.calls.map(({ name, args }) => `You called ${name} ${JSON.stringify(args)}`)
      return [...(message.text.trim() === '' ? [] : [`You: ${message.text}`]), ...calls]
    }
    case 'tool':
      return [`Result of ${message.name}: ${resultText(message)}`]
  }
}
