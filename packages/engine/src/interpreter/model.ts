import type { ToolDescriptor } from '@castellan/contracts'
import type { LlamaContextSequence, LlamaModel } from 'node-llama-cpp'
import { EngineError } from '../error.ts'
import { computeFacts } from '../worker/compute.ts'
import { loadLlama } from '../worker/llama.ts'
import type { Emit, Model } from '../worker/model.ts'
import type { Completion, Loaded } from '../worker/protocol.ts'
import type { Message } from './conversation.ts'
import { type AnswerReader, decodeReadings, type Probabilities, type Readings } from './decode.ts'
import { type InterpreterFormat, readInterpreterFormat } from './format.ts'
import { OFFERED } from './gate.ts'
import { interpret } from './interpret.ts'
import { readSecondOpinion, type SecondOpinion } from './opinion.ts'
import type { Outcome } from './outcome.ts'
import { type Ranked, rankReadings, toolNames } from './rank.ts'
import { deltas } from './replies.ts'
import { prepareRequest } from './request.ts'

/** Prompt and answer together, in tokens (FORMAT.md). */
const CONTEXT_TOKENS = 256
const MAX_REQUEST_TOKENS = 160

interface Usage {
  promptTokens: number
  outputTokens: number
}

/** The built-in model: one request to one typed call, on one thread (two are slower for a model this small). */
export class InterpreterModel implements Model {
  readonly loaded: Loaded
  readonly prefixTotals = null
  readonly format: InterpreterFormat
  readonly #model: LlamaModel
  readonly #opinion: SecondOpinion | undefined
  readonly #free: LlamaContextSequence[]
  /** In bytes, of which a character has at least one. */
  readonly #longestToken: number
  readonly #dispose: () => Promise<void>

  private constructor(
    format: InterpreterFormat,
    model: LlamaModel,
    opinion: SecondOpinion | undefined,
    sequences: LlamaContextSequence[],
    loaded: Loaded,
    dispose: () => Promise<void>,
  ) {
    this.loaded = loaded
    this.format = format
    this.#model = model
    this.#opinion = opinion
    this.#free = sequences
    this.#longestToken = Math.max(...format.tokenBytes)
    this.#dispose = dispose
  }

  /** Loads an interpreter file. `slots` completions can run at once. Throws `model_invalid`. */
  static async load(path: string, slots: number): Promise<InterpreterModel> {
    const format = await readInterpreterFormat(path)
    const opinion = await readSecondOpinion(path, format)
    const { llama, model } = await loadLlama(path, false, 1)
    const context = await model.createContext({
      contextSize: CONTEXT_TOKENS,
      batchSize: CONTEXT_TOKENS,
      sequences: slots,
      threads: 1,
      ignoreMemorySafetyChecks: true,
    })
    const sequences = Array.from({ length: slots }, () => context.getSequence())
    const compute = await computeFacts(llama, {
      layersOnGpu: 0,
      layers: model.fileInsights.totalLayers,
      threads: 1,
      unasked: 'The built-in model is quickest on one thread of the processor.',
    })
    const loaded = { contextTokens: CONTEXT_TOKENS, compute, need: null }
    return new InterpreterModel(format, model, opinion, sequences, loaded, () => llama.dispose())
  }

  async dispose(): Promise<void> {
    await this.#dispose()
  }

  async complete(request: Completion, signal: AbortSignal, emit: Emit): Promise<void> {
    const started = performance.now()
    const usage: Usage = { promptTokens: 0, outputTokens: 0 }
    const outcome = await this.interpret(request.messages, request.tools, signal, usage)
    const say = (text: string): void => {
      for (const delta of deltas(text)) emit({ type: 'text', text: delta })
    }
    if (outcome.kind === 'calls') {
      if (outcome.note !== undefined) say(outcome.note)
      for (const call of outcome.calls) emit({ type: 'tool_call', ...call, args: { ...call.args } })
    } else {
      say(outcome.text)
      if (outcome.kind === 'choices') {
        emit({ type: 'choices', choices: outcome.choices.map((choice) => ({ ...choice, args: { ...choice.args } })) })
      }
    }
    const reason = outcome.kind === 'calls' ? 'tool_calls' : 'stop'
    emit({ type: 'done', reason, usage: { ...usage, durationMs: performance.now() - started } })
  }

  /** What a conversation's last message asks for; the whole pipeline, as {@link complete} runs it. */
  async interpret(
    messages: readonly Message[],
    tools: readonly ToolDescriptor[],
    signal: AbortSignal,
    usage: Usage = { promptTokens: 0, outputTokens: 0 },
  ): Promise<Outcome> {
    const last = messages.at(-1)
    if (last?.role === 'user') this.#refuseBook(last.text)
    return await this.#withSequence((sequence) =>
      interpret({
        messages,
        tools,
        gate: this.format.gate,
        now: new Date(),
        read: (text, offered, count) => this.#read(sequence, text, offered, count, signal, usage),
      }),
    )
  }

  /** The likeliest readings of one request, before any gate; for whoever measures the model. */
  async rank(text: string, tools: readonly ToolDescriptor[], signal: AbortSignal): Promise<readonly Ranked[]> {
    const usage = { promptTokens: 0, outputTokens: 0 }
    const readings = await this.#withSequence((sequence) =>
      this.#read(sequence, text, toolNames(tools), OFFERED, signal, usage),
    )
    return rankReadings(text.trim(), readings, tools)
  }

  /**
   * Throws `context_full` for a text that has too many tokens whatever they are. llama.cpp's tokenizer recurses over a long run
   * of the same kind of character until its stack is full, and ends the process; and what reads the words before the model does
   * is made for sentences.
   */
  #refuseBook(text: string): void {
    const { length } = text.trim()
    const most = MAX_REQUEST_TOKENS * this.#longestToken
    if (length > most) throw tooLong(`${length} characters`, `${most} at the very most`)
  }

  async #withSequence<Result>(use: (sequence: LlamaContextSequence) => Promise<Result>): Promise<Result> {
    const sequence = this.#free.pop()
    if (sequence === undefined) throw new EngineError('busy', 'Every slot of the model is taken. Try again.')
    try {
      return await use(sequence)
    } finally {
      this.#free.push(sequence)
    }
  }

  async #read(
    sequence: LlamaContextSequence,
    text: string,
    offered: ReadonlySet<string>,
    count: number,
    signal: AbortSignal,
    usage: Usage,
  ): Promise<Readings> {
    this.#refuseBook(text)
    const tokenise = (words: string): readonly number[] => this.#model.tokenize(words, false)
    const request = prepareRequest(text, tokenise, this.format.tokenBytes)
    if (request.tokens.length > MAX_REQUEST_TOKENS) {
      throw tooLong(`${request.tokens.length} tokens`, String(MAX_REQUEST_TOKENS))
    }
    const prompt = [this.format.request, ...request.tokens, this.format.call]
    const reader = new SequenceReader(
      sequence,
      prompt,
      signal,
      (first) => this.#opinion?.mix(first, request.normal) ?? first,
    )
    const readings = await decodeReadings(this.format, request, reader, offered, count)
    usage.promptTokens += prompt.length
    usage.outputTokens += readings.answerTokens
    return readings
  }
}

function tooLong(has: string, takes: string): EngineError {
  return new EngineError(
    'context_full',
    `The request has ${has}, and the built-in model takes ${takes}. Say it in one or two sentences, or start with a larger model: npm start -- --model FILE.gguf`,
  )
}

/** Reads answers from a context sequence, with the probabilities the model gives and nothing cut off. */
class SequenceReader implements AnswerReader {
  readonly #sequence: LlamaContextSequence
  readonly #prompt: readonly number[]
  readonly #signal: AbortSignal
  readonly #judge: (first: Probabilities) => Probabilities

  constructor(
    sequence: LlamaContextSequence,
    prompt: readonly number[],
    signal: AbortSignal,
    judge: (first: Probabilities) => Probabilities,
  ) {
    this.#sequence = sequence
    this.#prompt = prompt
    this.#signal = signal
    this.#judge = judge
  }

  async first(): Promise<Probabilities> {
    await this.#sequence.clearHistory()
    return this.#judge(await this.#evaluate(this.#prompt))
  }

  next(token: number): Promise<Probabilities> {
    return this.#evaluate([token])
  }

  async rewind(): Promise<void> {
    await this.#sequence.eraseContextTokenRanges([{ start: this.#prompt.length, end: this.#sequence.nextTokenIndex }])
  }

  async #evaluate(tokens: readonly number[]): Promise<Probabilities> {
    this.#signal.throwIfAborted()
    const last = tokens.length - 1
    const options = { temperature: 1, topK: 0, topP: 1, minP: 0 }
    const output = await this.#sequence.controlledEvaluate(
      tokens.map((token, index) =>
        index === last ? [token as never, { generateNext: { probabilities: true, options } }] : (token as never),
      ),
    )
    return output[last]?.next.probabilities ?? new Map()
  }
}
