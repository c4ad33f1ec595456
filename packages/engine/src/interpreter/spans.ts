import type { FormatArgument } from './format.ts'
import type { Request } from './request.ts'
import { isWord } from './values.ts'

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
  readonly #taken: readonly TokenRun[]
  readonly #isWord: boolean
  #places: TokenRun[]
  #length = 0

  constructor(argument: FormatArgument, request: Request, numbers: readonly TokenRun[], taken: readonly TokenRun[]) {
    this.argument = argument
    this.#request = request
    this.#allowedRuns = argument.type === 'integer' ? numbers : undefined
    this.#taken = taken
    this.#isWord = argument.type === 'string' && isWord(argument.name)
    const starts = this.#allowedRuns?.map((run) => run.start) ?? wordStarts(request)
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

  /** Whether the span says something already: a whole number, or more than punctuation. */
  canEnd(): boolean {
    return this.#length > 0 && this.#complete().length > 0
  }

  /** The first place where the span can stand. */
  place(): TokenRun {
    return this.#complete()[0] as TokenRun
  }

  #complete(): readonly TokenRun[] {
    const runs = this.#allowedRuns
    if (runs === undefined) return this.#places.filter((run) => saysSomething(this.#request, run))
    return this.#places.filter((place) => runs.some((run) => run.start === place.start && run.end === place.end))
  }

  /** No part of the request means two things, a word ends where a space is, and a number is whole. */
  #mayReach(start: number, end: number): boolean {
    if (this.#taken.some((run) => start < run.end && run.start < end)) return false
    if (this.#isWord && end - start > 1 && this.#crossesSpace(start, end)) return false
    return this.#allowedRuns?.some((run) => run.start === start && end <= run.end) ?? true
  }

  #crossesSpace(start: number, end: number): boolean {
    const said = this.#request.normal.slice(this.#request.starts[start], this.#request.ends[end - 1]).trimStart()
    // A name in quotes may have spaces.
    return (
      /\s/.test(said) && !/["']/.test(this.#request.normal[(this.#request.starts[start] ?? 0) - 1] ?? said[0] ?? '')
    )
  }
}

/** Tokens a word begins at: half a word is never what is meant. */
function wordStarts(request: Request): readonly number[] {
  return [...request.tokens.keys()].filter((token) => {
    const at = request.starts[token] as number
    return !/[a-z0-9]/.test(request.normal[at] ?? '') || !/[a-z0-9]/.test(request.normal[at - 1] ?? '')
  })
}

/** More than space and punctuation; `/`, `..` and `~` are paths. */
function saysSomething(request: Request, run: TokenRun): boolean {
  return /[\p{L}\p{N}~/.]/u.test(textOfRun(request, run))
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
    if (isPartOfNumber(request.normal, from, to)) continue
    const last = request.ends.indexOf(to)
    if (last === -1) continue
    for (const [start, begins] of request.starts.entries()) {
      const lead = request.normal.slice(begins, from)
      if (begins <= from && start <= last && lead.trim() === '' && lead.length <= 1) runs.push({ start, end: last + 1 })
    }
  }
  return runs
}

/** A digit of a date, a time, an address or a version is no number of its own. */
function isPartOfNumber(text: string, from: number, to: number): boolean {
  return /\d[-.:]$/.test(text.slice(Math.max(0, from - 2), from)) || /^[-.:]\d/.test(text.slice(to, to + 2))
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
