import type { ChatHistoryItem } from 'node-llama-cpp'
import { EngineError } from '../error.ts'
import type { Completion } from '../worker/protocol.ts'
import { type Conversation, historyItems, readConversation } from './history.ts'

export interface Fitted {
  readonly history: ChatHistoryItem[]
  readonly promptTokens: number
  /** Room for the answer, in tokens. */
  readonly maxTokens: number
}

/** Tokens the template may add while the answer is generated. */
const MARGIN_TOKENS = 32
/** The answer gets at least this part of the context. */
const ANSWER_SHARE = 1 / 4

/**
 * Makes a conversation fit into the context with room for an answer: the oldest turns go first (and the model is told so),
 * then the full results of the last turn. Throws `context_full` when the last message alone is too long.
 */
export function fitConversation(
  request: Pick<Completion, 'messages' | 'maxTokens'>,
  contextTokens: number,
  countTokens: (history: ChatHistoryItem[]) => number,
): Fitted {
  const answer = Math.min(request.maxTokens, Math.floor(contextTokens * ANSWER_SHARE))
  const room = contextTokens - answer - MARGIN_TOKENS
  // About a quarter of the context a result, at four characters a token.
  for (const maxResultCharacters of [contextTokens, 0]) {
    const conversation = readConversation(request.messages, maxResultCharacters)
    const fitted = dropOldest(conversation, room, countTokens)
    if (fitted === undefined) continue
    const left = contextTokens - fitted.promptTokens - MARGIN_TOKENS
    return { ...fitted, maxTokens: Math.min(request.maxTokens, left) }
  }
  throw new EngineError(
    'context_full',
    `The message and the list of tools do not fit into the model's context of ${contextTokens} tokens. Shorten the message, or give the model a larger context (contextTokens).`,
    { detail: { contextTokens, room } },
  )
}

function dropOldest(
  conversation: Conversation,
  room: number,
  countTokens: (history: ChatHistoryItem[]) => number,
): Omit<Fitted, 'maxTokens'> | undefined {
  for (let dropped = 0; dropped < Math.max(1, conversation.turns.length); dropped++) {
    const history = historyItems(conversation, dropped)
    const promptTokens = countTokens(history)
    if (promptTokens <= room) return { history, promptTokens }
  }
  return undefined
}
