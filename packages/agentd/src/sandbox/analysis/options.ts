import { pathProblem } from './paths.ts'
import type { Word } from './script.ts'

/** What is wrong with the words that are no options, or undefined. */
export type OperandsRule = (operands: readonly Word[], options: ReadonlySet<string>) => string | undefined

/**
 * What of a command only reads. It lists what is known to be harmless; an option that is not listed, an abbreviation of
 * one that is, or an operand too many makes the command one to ask about. Long options are lists of names with spaces.
 */
export interface Rule {
  /** One-letter options without a value. */
  readonly flags?: string
  /** One-letter options with a value that names no file to write and nothing to run. */
  readonly values?: string
  /** Long options without a value. */
  readonly long?: string
  /** Long options with a value, after `=` or as the next word. */
  readonly longValues?: string
  /** Long options whose value can only follow `=`. */
  readonly longOptional?: string
  /** `-20` stands for a number of lines. */
  readonly numbers?: boolean
  /** No option it has could do harm, so neither can a file's name that looks like one. */
  readonly anyGlob?: boolean
  /** What the words that are no options are. */
  readonly operands: 'none' | 'text' | 'paths' | OperandsRule
}

/** Why these arguments do more than read, or undefined. Follows getopt_long(3), without its abbreviations. */
export function optionsProblem(rule: Rule, args: readonly Word[]): string | undefined {
  const operands: Word[] = []
  const options = new Set<string>()
  for (let index = 0; index < args.length; index++) {
    const word = args[index] as Word
    if (word.value === '--') {
      operands.push(...args.slice(index + 1))
      break
    }
    if (!word.value.startsWith('-') || word.value === '-') {
      operands.push(word)
      continue
    }
    if (word.glob && !word.value.includes('=')) return `${word.value} could become another option`
    const next = args[index + 1]
    const taken = word.value.startsWith('--') ? longOption(rule, word.value, next) : letters(rule, word.value, next)
    if (typeof taken === 'string') return taken
    for (const name of taken.names) options.add(name)
    if (taken.usesNext) index += 1
  }
  return operandsProblem(rule, operands, options)
}

interface Taken {
  readonly names: readonly string[]
  readonly usesNext: boolean
}

function longOption(rule: Rule, text: string, next: Word | undefined): Taken | string {
  const equals = text.indexOf('=')
  const name = text.slice(2, equals < 0 ? undefined : equals)
  const has = (names: string | undefined) => names?.split(' ').includes(name) ?? false
  if (equals < 0 && (has(rule.long) || has(rule.longOptional))) return { names: [name], usesNext: false }
  if (equals >= 0 && (has(rule.longOptional) || has(rule.longValues))) return { names: [name], usesNext: false }
  if (equals < 0 && has(rule.longValues)) return valueFrom(next, name, text)
  return `the option ${text} is not known to be harmless`
}

function letters(rule: Rule, text: string, next: Word | undefined): Taken | string {
  if (rule.numbers && /^-\d{1,9}$/.test(text)) return { names: ['number'], usesNext: false }
  const names: string[] = []
  for (let index = 1; index < text.length; index++) {
    const letter = text[index] as string
    names.push(letter)
    if (rule.flags?.includes(letter)) continue
    if (!rule.values?.includes(letter)) return `the option -${letter} is not known to be harmless`
    if (index < text.length - 1) return { names, usesNext: false }
    const taken = valueFrom(next, letter, text)
    return typeof taken === 'string' ? taken : { names: [...names, ...taken.names], usesNext: true }
  }
  return { names, usesNext: false }
}

/** A value that looks like an option is one for a program that counts differently than this table. */
function valueFrom(next: Word | undefined, name: string, text: string): Taken | string {
  if (next === undefined) return `the option ${text} lacks its value`
  if (next.value.startsWith('-') || next.glob) return `the value of ${text} is not plain`
  return { names: [name], usesNext: true }
}

function operandsProblem(rule: Rule, operands: readonly Word[], options: ReadonlySet<string>): string | undefined {
  if (typeof rule.operands === 'function') return rule.operands(operands, options)
  if (rule.operands === 'none') return operands.length === 0 ? undefined : `${operands[0]?.value} is one word too many`
  if (rule.operands === 'paths') return firstProblem(rule.anyGlob ? operands.map(plain) : operands)
  return operands.some(({ glob }) => glob) ? 'file names are put in when it runs' : undefined
}

const plain = ({ value }: Word): Word => ({ value, glob: false })

export function firstProblem(operands: readonly Word[]): string | undefined {
  return operands.map(pathProblem).find((problem) => problem !== undefined)
}

/** At most so many paths: some programs write to the one after. */
export function atMostPaths(most: number): OperandsRule {
  return (operands) => {
    if (operands.length > most) return `${operands[most]?.value} may be a file to write`
    return operands.some(({ glob }) => glob) ? 'file names are put in when it runs' : firstProblem(operands)
  }
}

/** A pattern or a program text first, then paths; no pattern where one of `options` brought it. */
export function patternThenPaths(
  options: readonly string[] = [],
  patternProblem: (pattern: string) => string | undefined = () => undefined,
): OperandsRule {
  return (operands, seen) => {
    if (options.some((option) => seen.has(option))) return firstProblem(operands)
    const [pattern, ...paths] = operands
    if (pattern === undefined) return 'it lacks its pattern'
    if (pattern.glob) return 'file names may be put in for the pattern'
    return patternProblem(pattern.value) ?? firstProblem(paths)
  }
}
