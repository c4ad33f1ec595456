import { fence } from '@castellan/screening'
import type { ChatHistoryItem, ChatModelFunctionCall, ChatModelResponse } from 'node-llama-cpp'
import type { Completion } from '../worker/protocol.ts'
import { tooLongRun } from '../worker/runs.ts'

type Messages = Completion['messages']

/** A turn: what the person said and everything the model said and called until they spoke again. */
interface Turn {
  readonly user: ChatHistoryItem | undefined
  readonly model: ChatModelResponse
}

export interface Conversation {
  readonly system: string
  readonly turns: readonly Turn[]
}

/**
 * The conversation in the chat template's terms. Calls carry their results within the model's own turn; a result longer than
 * `maxResultCharacters`, or one that no tokenizer is safe with, is left out, its summary stays.
 */
export function readConversation(messages: Messages, maxResultCharacters: number): Conversation {
  const system: string[] = []
  const turns: { user: ChatHistoryItem | undefined; model: ChatModelResponse }[] = []
  const calls = new Map<string, ChatModelFunctionCall>()
  const current = (): ChatModelResponse => {
    if (turns.length === 0) turns.push({ user: undefined, model: { type: 'model', response: [] } })
    return (turns.at(-1) as Turn).model
  }
  for (const message of messages) {
    if (message.role === 'system') {
      system.push(message.text)
    } else if (message.role === 'user') {
      turns.push({ user: { type: 'user', text: message.text }, model: { type: 'model', response: [] } })
    } else if (message.role === 'assistant') {
      const { response } = current()
      if (message.text !== '') response.push(message.text)
      for (const { call_id, name, args } of message.calls) {
        const params = tooLongRun(JSON.stringify(args)) === undefined ? args : NOT_SHOWN
        const call: ChatModelFunctionCall = { type: 'functionCall', name, params, result: NOT_ANSWERED }
        calls.set(call_id, call)
        response.push(call)
      }
    } else {
      const call = calls.get(message.call_id)
      if (call !== undefined) call.result = resultForModel(message, maxResultCharacters)
    }
  }
  return { system: system.join('\n\n'), turns }
}

const NOT_ANSWERED = { ok: false, summary: 'The call was not answered.' }
const NOT_SHOWN = { note: 'The arguments have too many of the same characters in a row to be shown again.' }

/** What others may have written stands within a fence that it cannot have known: the call's id is new and random. */
function resultForModel(
  { ok, summary, result, untrusted, name, call_id }: Extract<Messages[number], { role: 'tool' }>,
  maxCharacters: number,
): Record<string, unknown> {
  if (result === undefined || result === null) return { ok, summary }
  const text = JSON.stringify(result)
  if (text.length > maxCharacters) {
    return { ok, summary, note: 'The full result is too long for the context; the summary holds what matters.' }
  }
  if (tooLongRun(text) !== undefined) {
    return {
      ok,
      summary,
      note: 'The full result has too many of the same characters in a row; the summary holds what matters.',
    }
  }
  if (untrusted === undefined) return { ok, summary, result }
  return { ok, summary, result: fence(text, { source: name, nonce: call_id, screening: untrusted }) }
}

/** The items of the chat template, the model's open turn last. */
export function historyItems({ system, turns }: Conversation): ChatHistoryItem[] {
  const items: ChatHistoryItem[] = system === '' ? [] : [{ type: 'system', text: system }]
  for (const { user, model } of turns) {
    if (user !== undefined) items.push(user)
    // An empty turn in the middle is an answer that was never given; the last one is about to be.
    if (model.response.length > 0 || model === turns.at(-1)?.model) items.push(model)
  }
  if (items.at(-1)?.type !== 'model') items.push({ type: 'model', response: [] })
  return items
}
