import type { ChatHistoryItem } from 'node-llama-cpp'
import { EngineError } from '../error.ts'
import type { Completion } from '../worker/protocol.ts'
import { LONGEST_RUN, tooLongRun } from '../worker/runs.ts'
import type { PromptTokens } from './context/slots.ts'
import { historyItems, readConversation } from './history.ts'

export interface Fitted {
  readonly history: ChatHistoryItem[]
  readonly prompt: PromptTokens
  /** Room for the answer, in tokens. */
  readonly maxTokens: number
}

/** Tokens the template may add while the answer is generated. */
const MARGIN_TOKENS = 32
/** The answer gets at least this part of the context. */
const ANSWER_SHARE = 1 / 4

/**
 * Sees that a conversation fits into the context with room for an answer. Where it does not, long results of tools give way to
 * their summaries, and the model is told so. Nothing else is left out: whoever keeps the conversation folds its beginning into
 * a summary when it hears `context_full`, which is thrown with the figures. Throws `invalid_request` for a message with a run of
 * one kind of character that no tokenizer is safe with; calls and results that have one are not shown to the model.
 */
export function fitConversation(
  request: Pick<Completion, 'messages' | 'maxTokens'>,
  contextTokens: number,
  write: (history: ChatHistoryItem[]) => PromptTokens,
): Fitted {
  refuseRuns(request.messages)
  const answer = Math.min(request.maxTokens, Math.floor(contextTokens * ANSWER_SHARE))
  const room = contextTokens - answer - MARGIN_TOKENS
  let promptTokens = 0
  // About a quarter of the context a result, at four characters a token.
  for (const maxResultCharacters of [contextTokens, 0]) {
    const history = historyItems(readConversation(request.messages, maxResultCharacters))
    const prompt = write(history)
    promptTokens = prompt.tokens.length
    if (promptTokens > room) continue
    const left = contextTokens - promptTokens - MARGIN_TOKENS
    return { history, prompt, maxTokens: Math.min(request.maxTokens, left) }
  }
  throw new EngineError(
    'context_full',
    `The conversation and the list of tools have ${promptTokens} tokens, and ${room} of the model's context of ${contextTokens} are free for them. Begin a new conversation or shorten the message, or give the model a larger context (contextTokens).`,
    { detail: { contextTokens, promptTokens, room } },
  )
}

function refuseRuns(messages: Completion['messages']): void {
  for (const message of messages) {
    const run = tooLongRun(message.role === 'tool' ? message.summary : message.text)
    if (run === undefined) continue
    throw new EngineError(
      'invalid_request',
      `A message has ${run} letters, digits, spaces or signs in a row, and the model reads ${LONGEST_RUN} at most. Shorten it, or begin a new conversation if it was said before.`,
    )
  }
}
