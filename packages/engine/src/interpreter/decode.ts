import type { ArgumentType, FormatArgument, FormatTool, InterpreterFormat } from './format.ts'
import type { Request } from './request.ts'
import { numberOfRun, numberRuns, OpenSpan, type TokenRun } from './spans.ts'
import { quotedParts } from './values.ts'

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
  | { readonly kind: 'value'; readonly value: string | number | boolean }
  | { readonly kind: 'span'; readonly type: ArgumentType; readonly start: number; readonly end: number }

/** One way to understand a request. */
export interface Reading {
  readonly tool: string
  readonly args: ReadonlyMap<string, RawValue>
  /** Product over every token of the answer. */
  readonly probability: number
  /** Of the first token alone. */
  readonly toolProbability: number
  /** For each argument the part of `probability` that is about its value. */
  readonly places: ReadonlyMap<string, PlaceProbability>
}

/** How sure the model is of where a span begins, and of how far it goes; of a value that is one token, `start` alone. */
export interface PlaceProbability {
  readonly start: number
  /** That it begins anywhere in the same quoted part of the request; `start` where it is in none. */
  readonly part: number
  readonly extent: number
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
  readonly #places = new Map<string, PlaceProbability>()
  /** Of the open span; undefined while it is empty. */
  #place: PlaceProbability | undefined

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
    const inside = this.#span?.following() ?? new Set<number>()
    const outside = this.#outside()
    const [within, chanceWithin] = likeliest(inside, probabilities)
    const [beyond, chanceBeyond] = likeliest(outside, probabilities)
    const goesOn = within !== undefined && (beyond === undefined || chanceWithin > chanceBeyond)
    const token = (goesOn ? within : beyond) ?? this.#format.end
    const chance = goesOn ? chanceWithin : chanceBeyond
    this.#probability *= chance
    if (goesOn) {
      this.#place =
        this.#place === undefined
          ? { start: chance, part: this.#chanceOfPart(token, chance, probabilities), extent: 1 }
          : grown(this.#place, chance)
    } else if (this.#place !== undefined) {
      // That the span ends here is about its extent; which token comes then is about the call.
      const ending = [...outside].reduce((sum, other) => sum + (probabilities.get(other) ?? 0), 0)
      this.#place = grown(this.#place, ending)
      this.#accept(token, ending === 0 ? 0 : chance / ending)
      return token
    }
    this.#accept(token, chance)
    return token
  }

  /** The chance of every first token in the quoted part this one stands in. */
  #chanceOfPart(token: number, chance: number, probabilities: Probabilities): number {
    const { text, tokens, starts } = this.#request
    const at = starts[tokens.indexOf(token)] as number
    const part = quotedParts(text).find(({ from, to }) => at >= from - 1 && at < to)
    if (part === undefined) return chance
    const inPart = tokens.filter((_, index) => {
      const start = starts[index] as number
      return start >= part.from - 1 && start < part.to
    })
    return [...new Set(inPart)].reduce((sum, other) => sum + (probabilities.get(other) ?? 0), 0)
  }

  reading(): Reading {
    this.#closeSpan()
    return {
      tool: this.#tool.name,
      args: this.#args,
      probability: this.#probability,
      toolProbability: this.#toolProbability,
      places: this.#places,
    }
  }

  /** Tokens that may come where no span goes on. */
  #outside(): Set<number> {
    const tokens = new Set<number>()
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

  #accept(token: number, chance: number): void {
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
      this.#args.set(argument.name, {
        kind: 'value',
        value: argument.values.get(token) as string | number | boolean,
      })
      this.#places.set(argument.name, { start: chance, part: chance, extent: 1 })
    }
  }

  #closeSpan(): void {
    const [span, place] = [this.#span, this.#place]
    this.#span = undefined
    this.#place = undefined
    if (span === undefined || !span.canEnd()) return
    const run = span.place()
    this.#taken.push(run)
    if (place !== undefined) this.#places.set(span.argument.name, place)
    const { name, type } = span.argument
    const start = this.#request.starts[run.start] as number
    const end = this.#request.ends[run.end - 1] as number
    const value = type === 'integer' ? numberOfRun(this.#request, run, this.#format.numberWords) : undefined
    if (value !== undefined) this.#args.set(name, { kind: 'value', value })
    else if (type !== 'integer') this.#args.set(name, { kind: 'span', type, start, end })
  }
}

function likeliest(
  tokens: ReadonlySet<number>,
  probabilities: Probabilities,
): [token: number | undefined, chance: number] {
  let best: number | undefined
  let chance = -1
  for (const token of tokens) {
    const probability = probabilities.get(token) ?? 0
    if (probability > chance) [best, chance] = [token, probability]
  }
  return [best, Math.max(0, chance)]
}

function grown(place: PlaceProbability, chance: number): PlaceProbability {
  return { ...place, extent: place.extent * chance }
}
