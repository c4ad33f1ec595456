import type { ToolDescriptor } from '@castellan/contracts'
import type { ChatModelFunctions, LlamaChatResponse } from 'node-llama-cpp'
import type { Emit, Model } from '../worker/model.ts'
import type { Loaded, LoadOptions, PrefixTotals, SeededCompletion } from '../worker/protocol.ts'
import type { SlotSequence } from './context/sequence.ts'
import { ContextSlots } from './context/slots.ts'
import { tokensDigest } from './digest.ts'
import { type Fitted, fitConversation } from './fit.ts'
import { chatFunctions } from './functions.ts'
import { type LoadedChat, loadChat } from './load.ts'
import { PromptWriter } from './prompt.ts'
import { dropNulls } from './schema.ts'

/** Calls in one answer; the gateway's limit for a turn. */
const MAX_CALLS = 12
/** Of an answer's tokens, what a reasoning model may think with before it has to speak. */
const THOUGHT_SHARE = 0.75

/** What the model's speed is tried with. */
const SAMPLE = 'The keeper of the castle counts the keys, closes the gate and writes down what was done today. '.repeat(
  2,
)
const SAMPLE_TOKENS = 16

/** Any chat GGUF: prompt by the file's own chat template, tool calls forced through a grammar of the tools' schemas. */
export class ChatModel implements Model {
  readonly loaded: Loaded
  readonly #chat: LoadedChat
  readonly #slots: ContextSlots
  readonly #prompts: PromptWriter

  private constructor(chat: LoadedChat, slots: ContextSlots) {
    this.loaded = chat.loaded
    this.#chat = chat
    this.#slots = slots
    this.#prompts = new PromptWriter(chat.model, chat.wrapper)
  }

  /** Loads a model as {@link loadChat} does. */
  static async load(options: LoadOptions, onProgress: () => void = () => undefined): Promise<ChatModel> {
    const chat = await loadChat(options, onProgress)
    const sample = chat.model.tokenize(SAMPLE).slice(0, SAMPLE_TOKENS)
    return new ChatModel(chat, await ContextSlots.open(chat.context, chat.wrapper, sample))
  }

  get prefixTotals(): PrefixTotals {
    return this.#slots.totals
  }

  async dispose(): Promise<void> {
    await this.#chat.dispose()
  }

  async complete(request: SeededCompletion, signal: AbortSignal, emit: Emit, alive = () => {}): Promise<void> {
    const started = performance.now()
    const functions = chatFunctions(request.tools)
    const fitted = fitConversation(request, this.loaded.contextTokens, (history) =>
      this.#prompts.write(history, functions),
    )
    await this.#slots.use(fitted.prompt, signal, alive, async (slot, reusedTokens) => {
      const before = slot.outputTokens
      const answer = await generate(slot, request, fitted, functions, signal, emit, alive)
      // What is cancelled while it ends has ended for whoever asked.
      signal.throwIfAborted()
      const calls = callsOf(answer, request.tools)
      for (const call of calls) emit(call)
      emit({
        type: 'done',
        reason: calls.length > 0 ? 'tool_calls' : answer.metadata.stopReason === 'maxTokens' ? 'length' : 'stop',
        usage: {
          promptTokens: fitted.prompt.tokens.length,
          outputTokens: slot.outputTokens - before,
          durationMs: performance.now() - started,
          cacheReadTokens: reusedTokens,
        },
        promptDigest: tokensDigest(fitted.prompt.tokens),
      })
    })
  }
}

type Answer = LlamaChatResponse<ChatModelFunctions>

async function generate(
  { chat }: SlotSequence,
  request: SeededCompletion,
  { history, maxTokens }: Fitted,
  functions: ChatModelFunctions | undefined,
  signal: AbortSignal,
  emit: Emit,
  alive: () => void,
): Promise<Answer> {
  return (await chat.generateResponse(history, {
    signal,
    maxTokens,
    temperature: request.temperature,
    seed: request.seed,
    budgets: { thoughtTokens: Math.ceil(maxTokens * THOUGHT_SHARE) },
    onResponseChunk: ({ type, text }) => {
      if (text === '') alive()
      else emit({ type: type === 'segment' ? 'reasoning' : 'text', text })
    },
    onFunctionCallParamsChunk: alive,
    ...(functions === undefined
      ? {}
      : { functions, documentFunctionParams: true, maxParallelFunctionCalls: MAX_CALLS }),
  })) as Answer
}

function callsOf({ functionCalls = [] }: Answer, tools: readonly ToolDescriptor[]) {
  const byName = new Map<string, ToolDescriptor>(tools.map((tool) => [tool.name, tool]))
  return functionCalls.map(({ functionName, params }) => {
    const schema = byName.get(functionName)?.inputSchema ?? {}
    const args = (dropNulls(params ?? {}, schema) ?? {}) as Record<string, unknown>
    // What a grammar forces has no probability worth showing.
    return { type: 'tool_call' as const, name: functionName, args, confidence: 1 }
  })
}
