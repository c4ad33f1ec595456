import type { ArgumentType } from './format.ts'

const AMOUNTS: Readonly<Record<string, number>> = {
  a: 1,
  an: 1,
  half: 0.5,
  one: 1,
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  seven: 7,
  eight: 8,
  nine: 9,
  ten: 10,
  twelve: 12,
  fifteen: 15,
  twenty: 20,
  thirty: 30,
  fifty: 50,
}
const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const WEEK = 7 * DAY
/** A month counts as 30 days: nobody means the hour. */
const MONTH = 30 * DAY
const SPAN = new RegExp(
  `^(?:in\\s+)?(\\d+(?:\\.\\d+)?|${Object.keys(AMOUNTS).join('|')})\\s*(?:an?\\s+)?(s|m|h|d|w|secs?|seconds?|mins?|minutes?|hrs?|hours?|days?|weeks?|months?)$`,
)
const SECONDS: readonly (readonly [unit: RegExp, seconds: number])[] = [
  [/^s/, 1],
  [/^mo/, MONTH],
  [/^m/, MINUTE],
  [/^h/, HOUR],
  [/^d/, DAY],
  [/^w/, WEEK],
]

const SIZE = /^(\d+(?:\.\d+)?)\s*(k|m|g|t)(?:i?b|igabytes?|egabytes?|erabytes?|ilobytes?)?$/
const BYTES: Readonly<Record<string, number>> = { k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 }

/**
 * Words of a request as the value that a tool takes: "half an hour" → 1800 seconds, "10 gb" → bytes, `git log -1` → its
 * words. Undefined where they are none, so that the runtime asks.
 */
export function typedValue(type: ArgumentType, words: string): unknown {
  switch (type) {
    case 'seconds':
      return secondsIn(words)
    case 'days': {
      const seconds = secondsIn(words)
      return seconds === undefined || seconds < DAY ? undefined : Math.round(seconds / DAY)
    }
    case 'bytes':
      return bytesIn(words)
    case 'list':
      return words.split(/\s*,\s*|\s+and\s+/).filter((word) => word !== '')
    case 'words':
      return shellWords(words)
    case 'value':
      return jsonOrText(words)
    default:
      return words
  }
}

function secondsIn(words: string): number | undefined {
  const [, amount, unit] = SPAN.exec(words.trim().toLowerCase()) ?? []
  if (amount === undefined || unit === undefined) return undefined
  const count = AMOUNTS[amount] ?? Number(amount)
  const [, seconds] = SECONDS.find(([pattern]) => pattern.test(unit)) as (typeof SECONDS)[number]
  return Math.round(count * seconds)
}

function bytesIn(words: string): number | undefined {
  const [, amount, unit] = SIZE.exec(words.trim().toLowerCase()) ?? []
  return amount === undefined ? undefined : Math.round(Number(amount) * (BYTES[unit as string] as number))
}

/** Words as a shell parts them, its quotes taken off; nothing else of a shell. Undefined where a quote is left open. */
function shellWords(text: string): string[] | undefined {
  const words: string[] = []
  let word: string | undefined
  for (let index = 0; index < text.length; index++) {
    const character = text[index] as string
    if (character === '"' || character === "'") {
      const end = text.indexOf(character, index + 1)
      if (end === -1) return undefined
      word = (word ?? '') + text.slice(index + 1, end)
      index = end
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else {
      word = (word ?? '') + character
    }
  }
  if (word !== undefined) words.push(word)
  return words.length === 0 ? undefined : words
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    const items = /^\[(.*)\]$/s.exec(text)?.[1]
    // Lists as nix writes them have no commas.
    return items === undefined
      ? text
      : items
          .split(/[\s,]+/)
          .filter((item) => item !== '')
          .map(jsonOrText)
  }
}
