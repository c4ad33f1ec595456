import type { EngineMessage } from '@castellan/contracts'
import type { AnswerEvent, ToolMessage } from '../engine.ts'
import { jsonOf } from './json.ts'

/** Most of a tool's result that is sent, in characters of JSON; its summary always is. */
const MAX_RESULT_CHARACTERS = 48 * 1024
/** How much of broken arguments the model is shown. */
const SHOWN_CHARACTERS = 200
/** Most calls of one answer; the turn allows fewer. */
export const MAX_CALLS_OF_ANSWER = 64

/** The event for a call whose arguments came as text. Broken ones become a problem that the model hears of; nothing is guessed. */
export function toolCallEvent(name: string, text: string): AnswerEvent {
  const call = { type: 'tool_call' as const, name, args: {}, confidence: 1 }
  const args = text.trim() === '' ? {} : jsonOf(text)
  if (typeof args === 'object' && args !== null && !Array.isArray(args)) {
    return { ...call, args: args as Record<string, unknown> }
  }
  const what = args === undefined ? 'are no valid JSON' : 'are no JSON object'
  const shown = text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text
  return { ...call, problem: `The arguments of this call ${what}, so it was not made. They began: ${shown}` }
}

/** A tool's result as a model reads it. A long one is cut: its beginning stays, and what is missing is said. */
export function resultText({ ok, summary, result, ledger_index }: ToolMessage): string {
  const whole = JSON.stringify({ ok, summary, ...(result === null ? {} : { result }), ledger_index })
  if (whole.length <= MAX_RESULT_CHARACTERS) return whole
  const text = JSON.stringify(result)
  const beginning = text.slice(0, MAX_RESULT_CHARACTERS)
  const note = `The result is cut after ${MAX_RESULT_CHARACTERS} of ${text.length} characters; ask for less at once.`
  return JSON.stringify({ ok, summary, note, beginning, ledger_index })
}

/** A tool's name as every provider takes it back; a model may have made one up that none would. */
export function wireName(name: string): string {
  const clean = name.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, 64)
  return clean === '' ? 'unnamed' : clean
}

/** What all system messages of a conversation say. */
export function systemText(messages: readonly EngineMessage[]): string {
  return messages.flatMap((message) => (message.role === 'system' ? [message.text] : [])).join('\n\n')
}

/** A tool's input as providers take it: JSON Schema without the address of its dialect, which some refuse. */
export function parametersOf({ $schema: _, ...schema }: Record<string, unknown>): Record<string, unknown> {
  return { ...schema, type: 'object' }
}

/** JSON that every parser takes: half of a surrogate pair, which cutting a text may leave, becomes U+FFFD. */
export function wireJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => (typeof part === 'string' ? part.toWellFormed() : part))
}
