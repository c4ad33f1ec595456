import type { ChatHistoryItem, ChatModelFunctions, ChatWrapper, LlamaModel, Token } from 'node-llama-cpp'
import type { PromptTokens } from './context/slots.ts'

/** Beginnings that are remembered, so that each is put into tokens once. */
const REMEMBERED = 16

/** Makes tokens of conversations as the chat template has them. */
export class PromptWriter {
  readonly #model: LlamaModel
  readonly #wrapper: ChatWrapper
  readonly #probes = new Map<string, readonly Token[]>()

  constructor(model: LlamaModel, wrapper: ChatWrapper) {
    this.#model = model
    this.#wrapper = wrapper
  }

  write(history: readonly ChatHistoryItem[], functions: ChatModelFunctions | undefined): PromptTokens {
    const tokens = this.#tokens(history, functions)
    return { tokens, sharedTokens: commonLength(tokens, this.#probe(history, functions)) }
  }

  /** The same system prompt and tools with another message: what both have in common, any conversation with these tools has. */
  #probe(history: readonly ChatHistoryItem[], functions: ChatModelFunctions | undefined): readonly Token[] {
    const system = history.filter(({ type }) => type === 'system')
    const key = JSON.stringify([system, functions])
    const known = this.#probes.get(key)
    if (known !== undefined) return known
    const probe = this.#tokens(
      [...system, { type: 'user', text: '\u2400' }, { type: 'model', response: [] }],
      functions,
    )
    if (this.#probes.size >= REMEMBERED) this.#probes.delete(this.#probes.keys().next().value as string)
    this.#probes.set(key, probe)
    return probe
  }

  #tokens(chatHistory: readonly ChatHistoryItem[], availableFunctions: ChatModelFunctions | undefined): Token[] {
    const { contextText } = this.#wrapper.generateContextState({
      chatHistory,
      availableFunctions,
      documentFunctionParams: true,
    })
    return contextText.tokenize(this.#model.tokenizer)
  }
}

function commonLength(one: readonly Token[], other: readonly Token[]): number {
  const different = one.findIndex((token, index) => token !== other[index])
  return different === -1 ? one.length : different
}
