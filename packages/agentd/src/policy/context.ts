import { createHash } from 'node:crypto'
import { canonicalJson, type ToolResource } from '@castellan/contracts'
import type { CedarValue } from './cedar.ts'
import type { PolicyQuestion } from './policy.ts'
import type { ArgumentType } from './schema.ts'

/** Longest text that rules read, in characters, and the most items of a list. */
const MAX_TEXT = 16_384
const MAX_ITEMS = 256

const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const

export type ArgumentTypes = ReadonlyMap<string, { readonly type: ArgumentType; readonly always: boolean }>

/**
 * The values that rules can read about a call, each made when it is first asked for. A value that is too large to be read,
 * or is no text that Cedar could hold, is not there: whoever builds a context has to ask {@link Facts.isReadable} first.
 */
export class Facts {
  readonly #question: PolicyQuestion
  readonly #types: ArgumentTypes
  readonly #made = new Map<string, CedarValue | undefined>()

  constructor(question: PolicyQuestion, types: ArgumentTypes) {
    this.#question = question
    this.#types = types
  }

  /** Whether an attribute, by its name in {@link Reads.context}, can be put before a rule. */
  isReadable(name: string): boolean {
    if (name === 'arguments') return this.#value(name) !== undefined
    if (name === 'args.*' || name === '*') {
      const all = [...this.#types.keys()].every((argument) => this.isReadable(`args.${argument}`))
      return all && (name === 'args.*' || this.isReadable('arguments'))
    }
    if (!name.startsWith('args.')) return true
    const argument = name.slice('args.'.length)
    return !this.#isGiven(argument) || this.#value(name) !== undefined
  }

  /** A text that rules compare first; undefined where it cannot be read. */
  text(name: string): string | undefined {
    const value = this.#value(name)
    return typeof value === 'string' ? value : undefined
  }

  /** The context with the attributes that are read, and no others. */
  context(
    reads: ReadonlySet<string>,
    { approvals, access }: { readonly approvals: number; readonly access: ToolResource['access'] },
  ): Record<string, CedarValue> {
    const context: Record<string, CedarValue> = {}
    const wanted = reads.has('*') ? [...plainAttributes, 'args.*'] : reads
    for (const name of wanted) {
      if (name === 'approvals') context.approvals = approvals
      else if (name === 'access') context.access = access
      else if (!name.startsWith('args')) {
        const value = this.#value(name)
        if (value !== undefined) context[name] = value
      }
    }
    const args = this.#args(wanted)
    return args === undefined ? context : { ...context, args }
  }

  #args(wanted: Iterable<string>): Record<string, CedarValue> | undefined {
    const names = [...wanted].filter((name) => name.startsWith('args.'))
    if (names.length === 0) return undefined
    const all = names.includes('args.*') ? [...this.#types.keys()].map((name) => `args.${name}`) : names
    const given = all.flatMap((name) => {
      const value = this.#value(name)
      return value === undefined ? [] : [[name.slice('args.'.length), value] as const]
    })
    return Object.fromEntries(given)
  }

  #isGiven(argument: string): boolean {
    const { input } = this.#question
    return (
      typeof input === 'object' &&
      input !== null &&
      Object.hasOwn(input, argument) &&
      valueIn(input, argument) !== undefined
    )
  }

  #value(name: string): CedarValue | undefined {
    if (!this.#made.has(name)) this.#made.set(name, this.#make(name))
    return this.#made.get(name)
  }

  #make(name: string): CedarValue | undefined {
    const { principal, context, args, input } = this.#question
    switch (name) {
      case 'mode':
      case 'command':
      case 'agreed':
        return context[name]
      case 'taint':
        return [...context.taint]
      case 'session':
        return principal.session
      case 'channel':
        return context.channel ?? ''
      case 'capability':
        return context.capability !== undefined
      case 'time':
        return timeOf(context.now)
      case 'left':
        return { ...context.left }
      case 'arguments':
        return readableText(canonicalJson(args))
      case 'argumentsDigest':
        return createHash('sha256').update(canonicalJson(args)).digest('hex')
    }
    const argument = name.slice('args.'.length)
    const type = this.#types.get(argument)?.type
    if (!name.startsWith('args.') || type === undefined || !this.#isGiven(argument)) return undefined
    return argumentValue(type, valueIn(input as object, argument))
  }
}

const plainAttributes = [
  'mode',
  'approvals',
  'taint',
  'command',
  'agreed',
  'session',
  'channel',
  'capability',
  'access',
  'arguments',
  'argumentsDigest',
  'time',
  'left',
] as const

function valueIn(input: object, argument: string): unknown {
  return (input as Readonly<Record<string, unknown>>)[argument]
}

function argumentValue(type: ArgumentType, value: unknown): CedarValue | undefined {
  switch (type) {
    case 'string':
      return readableText(value)
    case 'integer':
      return Number.isSafeInteger(value) ? (value as number) : undefined
    case 'boolean':
      return typeof value === 'boolean' ? value : undefined
    case 'strings': {
      if (!Array.isArray(value) || value.length > MAX_ITEMS) return undefined
      const texts = value.map(readableText)
      return texts.every((text) => text !== undefined) ? texts : undefined
    }
  }
}

function readableText(value: unknown): string | undefined {
  return typeof value === 'string' && value.length <= MAX_TEXT && value.isWellFormed() ? value : undefined
}

/** The clock on the wall of this host; `epochSeconds` is the same everywhere. */
function timeOf(now: number): CedarValue {
  const date = new Date(now)
  return {
    epochSeconds: Math.floor(now / 1000),
    hour: date.getHours(),
    minute: date.getMinutes(),
    weekday: weekdays[date.getDay()] ?? 'sun',
  }
}
