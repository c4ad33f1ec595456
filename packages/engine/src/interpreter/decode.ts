import type { FormatArgument, FormatTool, InterpreterFormat } from './format.ts'
import type { Request } from './request.ts'
import { numberOfRun, numberRuns, OpenSpan, type TokenRun } from './spans.ts'

/** Probability of each next token, at temperature 1 over the whole vocabulary. */
export type Probabilities = ReadonlyMap<number, number>

/** The model, one token after another. */
export interface AnswerReader {
  /** Probabilities of the answer's first token. */
  first(): Promise<Probabilities>
  /** Adds a token to the answer. */
  next(token: number): Promise<Probabilities>
  /** Forgets the answer, so that another one can be read for the same request. */
  rewind(): Promise<void>
}

/** The value of an argument as the model chose it: one of the format's own values, a number, or a place in the request. */
export type RawValue =
  | { readonly kind: 'value'; readonly value: string | number }
  | { readonly kind: 'span'; readonly start: number; readonly end: number }

/** One way to understand a request. */
export interface Reading {
  readonly tool: string
  readonly args: ReadonlyMap<string, RawValue>
  /** Product over every token of the answer. */
  readonly probability: number
  /** Of the first token alone. */
  readonly toolProbability: number
}

export interface Readings {
  readonly none: number
  /** Likeliest tool first. */
  readonly readings: readonly Reading[]
  readonly answerTokens: number
}

const MAX_ANSWER_TOKENS = 96

/**
 * Decodes the likeliest answers for a request, at most `count`, each with another tool among those `offered`. Only tokens
 * that FORMAT.md allows at each step are considered, so that every answer parses and every string is the request's own words.
 */
export async function decodeReadings(
  format: InterpreterFormat,
  request: Request,
  reader: AnswerReader,
  offered: ReadonlySet<string>,
  count: number,
): Promise<Readings> {
  const first = await reader.first()
  const none = first.get(format.none) ?? 0
  const likeliest = format.tools
    .filter((tool) => offered.has(tool.name))
    .map((tool) => ({ tool, probability: first.get(tool.token) ?? 0 }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, count)
  const readings: Reading[] = []
  let answerTokens = 0
  for (const { tool, probability } of likeliest) {
    const answer = new Answer(format, request, tool, probability)
    let probabilities = await reader.next(tool.token)
    for (;;) {
      const token = answer.choose(probabilities)
      answerTokens++
      if (token === format.end || answer.length >= MAX_ANSWER_TOKENS) break
      probabilities = await reader.next(token)
    }
    await reader.rewind()
    readings.push(answer.reading())
  }
  return { none, readings, answerTokens }
}

/** One answer while it is decoded: which tokens may come, and what those chosen mean. */
class Answer {
  length = 1
  readonly #format: InterpreterFormat
  readonly #request: Request
  readonly #tool: FormatTool
  readonly #toolProbability: number
  readonly #numbers: readonly TokenRun[]
  readonly #args = new Map<string, RawValue>()
  readonly #taken: TokenRun[] = []
  #nextArgument = 0
  #span: OpenSpan | undefined
  #probability: number

  constructor(format: InterpreterFormat, request: Request, tool: FormatTool, probability: number) {
    this.#format = format
    this.#request = request
    this.#tool = tool
    this.#toolProbability = probability
    this.#probability = probability
    this.#numbers = numberRuns(request, format.numberWords)
  }

  /** Takes the likeliest token of those allowed and returns it. */
  choose(probabilities: Probabilities): number {
    let best = this.#format.end
    let bestProbability = -1
    for (const token of this.#allowed()) {
      const probability = probabilities.get(token) ?? 0
      if (probability > bestProbability) [best, bestProbability] = [token, probability]
    }
    this.#probability *= Math.max(0, bestProbability)
    this.#accept(best)
    return best
  }

  reading(): Reading {
    this.#closeSpan()
    return {
      tool: this.#tool.name,
      args: this.#args,
      probability: this.#probability,
      toolProbability: this.#toolProbability,
    }
  }

  #allowed(): Set<number> {
    const tokens = this.#span?.following() ?? new Set<number>()
    if (this.#span !== undefined && !this.#span.canEnd()) return tokens
    for (const argument of this.#tool.args.slice(this.#nextArgument)) {
      for (const token of argument.values.keys()) tokens.add(token)
      if (argument.key !== undefined && this.#canOpen(argument)) tokens.add(argument.key)
    }
    tokens.add(this.#format.end)
    return tokens
  }

  /** A key is only opened where the request has something left for it. */
  #canOpen(argument: FormatArgument): boolean {
    return new OpenSpan(argument, this.#request, this.#numbers, this.#allTaken()).following().size > 0
  }

  /** What earlier arguments took, the one that is open now among them. */
  #allTaken(): readonly TokenRun[] {
    return this.#span?.canEnd() === true ? [...this.#taken, this.#span.place()] : this.#taken
  }

  #accept(token: number): void {
    this.length++
    if (token === this.#format.end) return
    const opened = this.#tool.args.findIndex(
      (argument, index) => index >= this.#nextArgument && (argument.key === token || argument.values.has(token)),
    )
    if (opened === -1) {
      this.#span?.extend(token)
      return
    }
    this.#closeSpan()
    const argument = this.#tool.args[opened] as FormatArgument
    this.#nextArgument = opened + 1
    if (argument.key === token) {
      this.#span = new OpenSpan(argument, this.#request, this.#numbers, [...this.#taken])
    } else {
      this.#args.set(argument.name, { kind: 'value', value: argument.values.get(token) as string | number })
    }
  }

  #closeSpan(): void {
    const span = this.#span
    this.#span = undefined
    if (span === undefined || !span.canEnd()) return
    const run = span.place()
    this.#taken.push(run)
    const { name, type } = span.argument
    const start = this.#request.starts[run.start] as number
    const end = this.#request.ends[run.end - 1] as number
    const value = type === 'integer' ? numberOfRun(this.#request, run, this.#format.numberWords) : undefined
    if (value !== undefined) this.#args.set(name, { kind: 'value', value })
    else if (type === 'string') this.#args.set(name, { kind: 'span', start, end })
  }
}
