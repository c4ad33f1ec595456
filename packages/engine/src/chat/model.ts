import { availableParallelism } from 'node:os'
import type { ToolDescriptor } from '@castellan/contracts'
import {
  type ChatHistoryItem,
  type ChatModelFunctions,
  type ChatWrapper,
  LlamaChat,
  type LlamaModel,
  resolveChatWrapper,
} from 'node-llama-cpp'
import { EngineError } from '../error.ts'
import { loadError, loadLlama } from '../worker/llama.ts'
import type { Emit, Model } from '../worker/model.ts'
import type { Completion, LoadOptions } from '../worker/protocol.ts'
import { fitConversation } from './fit.ts'
import { chatFunctions } from './functions.ts'
import { dropNulls } from './schema.ts'

/** Tokens evaluated at once: small, because a batch cannot be interrupted and a cancelled prompt should stop soon. */
const BATCH_TOKENS = 128
const MIN_CONTEXT_TOKENS = 512
/** Calls in one answer; the gateway's limit for a turn. */
const MAX_CALLS = 12

/** Any chat GGUF: prompt by the file's own chat template, tool calls forced through a grammar of the tools' schemas. */
export class ChatModel implements Model {
  readonly contextTokens: number
  readonly #model: LlamaModel
  readonly #wrapper: ChatWrapper
  readonly #free: LlamaChat[]
  readonly #dispose: () => Promise<void>

  private constructor(
    model: LlamaModel,
    wrapper: ChatWrapper,
    chats: LlamaChat[],
    contextTokens: number,
    dispose: () => Promise<void>,
  ) {
    this.contextTokens = contextTokens
    this.#model = model
    this.#wrapper = wrapper
    this.#free = chats
    this.#dispose = dispose
  }

  /** Loads a chat model with a context for each slot. Throws `model_invalid`, or `engine_unavailable` when it does not fit. */
  static async load({ modelPath, slots, contextTokens, threads }: LoadOptions): Promise<ChatModel> {
    const { llama, model } = await loadLlama(modelPath, true, threads === 0 ? defaultThreads() : threads)
    const max = Math.min(contextTokens, model.trainContextSize)
    const context = await model
      .createContext({
        contextSize: { min: Math.min(MIN_CONTEXT_TOKENS, max), max },
        sequences: slots,
        batchSize: BATCH_TOKENS,
      })
      .catch((cause: unknown) => {
        throw loadError(modelPath, cause)
      })
    const wrapper = resolveChatWrapper(model)
    const chats = Array.from(
      { length: slots },
      () => new LlamaChat({ contextSequence: context.getSequence(), chatWrapper: wrapper }),
    )
    return new ChatModel(model, wrapper, chats, context.contextSize, () => llama.dispose())
  }

  async dispose(): Promise<void> {
    await this.#dispose()
  }

  async complete(request: Completion, signal: AbortSignal, emit: Emit): Promise<void> {
    const started = performance.now()
    const functions = chatFunctions(request.tools)
    const fitted = fitConversation(request, this.contextTokens, (history) => this.#countTokens(history, functions))
    // The slot used last is taken first: it most likely still holds the beginning of the same conversation.
    const chat = this.#free.pop()
    if (chat === undefined) throw new EngineError('busy', 'Every slot of the model is taken. Try again.')
    const usedBefore = chat.sequence.tokenMeter.usedOutputTokens
    try {
      const answer = await chat.generateResponse(fitted.history, {
        signal,
        maxTokens: fitted.maxTokens,
        temperature: request.temperature,
        seed: request.seed,
        onTextChunk: (text) => {
          if (text !== '') emit({ type: 'text', text })
        },
        ...(functions === undefined
          ? {}
          : { functions, documentFunctionParams: true, maxParallelFunctionCalls: MAX_CALLS }),
      })
      const tools = new Map<string, ToolDescriptor>(request.tools.map((tool) => [tool.name, tool]))
      const calls = answer.functionCalls ?? []
      for (const { functionName, params } of calls) {
        const schema = tools.get(functionName)?.inputSchema ?? {}
        const args = (dropNulls(params ?? {}, schema) ?? {}) as Record<string, unknown>
        // What a grammar forces has no probability worth showing.
        emit({ type: 'tool_call', name: functionName, args, confidence: 1 })
      }
      const { stopReason } = answer.metadata
      emit({
        type: 'done',
        reason: calls.length > 0 ? 'tool_calls' : stopReason === 'maxTokens' ? 'length' : 'stop',
        usage: {
          promptTokens: fitted.promptTokens,
          outputTokens: chat.sequence.tokenMeter.usedOutputTokens - usedBefore,
          durationMs: performance.now() - started,
        },
      })
    } finally {
      this.#free.push(chat)
    }
  }

  #countTokens(chatHistory: ChatHistoryItem[], availableFunctions: ChatModelFunctions | undefined): number {
    const { contextText } = this.#wrapper.generateContextState({
      chatHistory,
      availableFunctions,
      documentFunctionParams: true,
    })
    return contextText.tokenize(this.#model.tokenizer).length
  }
}

/** llama.cpp's threads wait for each other by spinning: one core too many under load costs a factor, one too few a share. */
function defaultThreads(): number {
  return Math.max(1, availableParallelism() - 1)
}
