import type { FormatArgument } from './format.ts'
import type { Request } from './request.ts'

/** A run of request tokens, `end` exclusive. */
export interface TokenRun {
  readonly start: number
  readonly end: number
}

/** Where a span that is being decoded can stand in the request: every place that matches its tokens so far. */
export class OpenSpan {
  readonly argument: FormatArgument
  readonly #request: Request
  readonly #allowedRuns: readonly TokenRun[] | undefined
  #places: TokenRun[]
  #length = 0

  constructor(argument: FormatArgument, request: Request, numbers: readonly TokenRun[]) {
    this.argument = argument
    this.#request = request
    this.#allowedRuns = argument.type === 'integer' ? numbers : undefined
    const starts = this.#allowedRuns?.map((run) => run.start) ?? [...request.tokens.keys()]
    this.#places = starts.map((start) => ({ start, end: start }))
  }

  /** Tokens that may come next: those that follow one of the places. */
  following(): Set<number> {
    const tokens = new Set<number>()
    for (const { start, end } of this.#places) {
      const token = this.#request.tokens[end]
      if (token !== undefined && this.#mayReach(start, end + 1)) tokens.add(token)
    }
    return tokens
  }

  extend(token: number): void {
    this.#length++
    this.#places = this.#places
      .filter(({ start, end }) => this.#request.tokens[end] === token && this.#mayReach(start, end + 1))
      .map(({ start, end }) => ({ start, end: end + 1 }))
  }

  /** Whether the span says something already: a whole number, or any text but white space. */
  canEnd(): boolean {
    return this.#length > 0 && this.#complete().length > 0
  }

  /** The first place that no earlier argument took; the first of all where each is taken. */
  place(taken: readonly TokenRun[]): TokenRun {
    const places = this.#complete()
    const free = places.find((run) => !taken.some((other) => run.start < other.end && other.start < run.end))
    return (free ?? places[0]) as TokenRun
  }

  #complete(): readonly TokenRun[] {
    const runs = this.#allowedRuns
    if (runs === undefined) return this.#places.filter((run) => textOfRun(this.#request, run).trim() !== '')
    return this.#places.filter((place) => runs.some((run) => run.start === place.start && run.end === place.end))
  }

  #mayReach(start: number, end: number): boolean {
    return this.#allowedRuns?.some((run) => run.start === start && end <= run.end) ?? true
  }
}

export function textOfRun(request: Request, run: TokenRun): string {
  return request.text.slice(request.starts[run.start], request.ends[run.end - 1])
}

/** Every run of tokens that is a whole number: digits, or one of the words that mean one. A space before it may belong to it. */
export function numberRuns(request: Request, numberWords: ReadonlyMap<string, number>): readonly TokenRun[] {
  const words = new RegExp(`\\d+|(?<![a-z])(?:${[...numberWords.keys()].join('|') || '(?!)'})(?![a-z])`, 'g')
  const runs: TokenRun[] = []
  for (const match of request.normal.matchAll(words)) {
    const [from, to] = [match.index, match.index + match[0].length]
    const last = request.ends.indexOf(to)
    if (last === -1) continue
    for (const [start, begins] of request.starts.entries()) {
      const lead = request.normal.slice(begins, from)
      if (begins <= from && start <= last && lead.trim() === '' && lead.length <= 1) runs.push({ start, end: last + 1 })
    }
  }
  return runs
}

/** The number a run of {@link numberRuns} stands for. */
export function numberOfRun(
  request: Request,
  run: TokenRun,
  numberWords: ReadonlyMap<string, number>,
): number | undefined {
  const word = request.normal.slice(request.starts[run.start], request.ends[run.end - 1]).trim()
  const value = /^\d+$/.test(word) ? Number(word) : numberWords.get(word)
  return Number.isSafeInteger(value) ? value : undefined
}
