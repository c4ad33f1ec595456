import type { Outcome, Ranked } from '@castellan/engine'

/** One line of the held-out set. `tool` is null for what no tool serves; then nothing may be called. */
export interface Expected {
  readonly text: string
  readonly tool: string | null
  readonly args: Readonly<Record<string, string | number>> | null
}

export interface Given {
  /** What the engine would do. */
  readonly outcome: Outcome
  /** The tools in the order of their probability, "none" (null) among them. */
  readonly ranking: readonly Ranked[]
  readonly milliseconds: number
}

export interface Verdict {
  readonly text: string
  readonly expected: string | null
  readonly got: string | null
  readonly args: Readonly<Record<string, unknown>>
  readonly wanted: Readonly<Record<string, unknown>>
  readonly confidence: number
  /** The likeliest reading, acted on or not, has the right tool. */
  readonly rightTool: boolean
  /** Right tool and right arguments. */
  readonly exact: boolean
  /** The right tool is among the three likeliest. */
  readonly inThree: boolean
  readonly acted: boolean
  /** Acted without asking, and not on what was meant. */
  readonly wronglyActed: boolean
  readonly milliseconds: number
}

export function judge(expected: Expected, { outcome, ranking, milliseconds }: Given): Verdict {
  const [first] = ranking
  const acted = outcome.kind === 'calls'
  const call = acted ? outcome.calls[0] : undefined
  const single = acted ? outcome.calls.length === 1 : true
  // Where nothing is called, the likeliest reading stands for what the model understood.
  const got = acted ? (call?.name ?? null) : (first?.tool ?? null)
  const args = acted ? (call?.args ?? {}) : (first?.args ?? {})
  const wanted = expected.args ?? {}
  const rightTool = single && got === expected.tool
  const exact = rightTool && sameArguments(args, wanted)
  return {
    text: expected.text,
    expected: expected.tool,
    got,
    args,
    wanted,
    confidence: call?.confidence ?? first?.probability ?? 0,
    rightTool,
    exact,
    inThree: ranking.filter(({ tool }) => tool !== null).slice(0, 3).some(({ tool }) => tool === expected.tool),
    acted,
    wronglyActed: acted && !exact,
    milliseconds,
  }
}

/** Content that the engine made up because the request names none is not held against it. */
export function sameArguments(args: Readonly<Record<string, unknown>>, wanted: Readonly<Record<string, unknown>>): boolean {
  const names = new Set([...Object.keys(args), ...Object.keys(wanted)])
  return [...names].every((name) => {
    const [a, b] = [args[name], wanted[name]]
    if (name === 'content' && b === undefined) return typeof a === 'string' && a.startsWith('# Note of ')
    return a !== undefined && b !== undefined && sameValue(name, a, b)
  })
}

function sameValue(name: string, a: unknown, b: unknown): boolean {
  if (typeof a === 'number' || typeof b === 'number') return Number(a) === Number(b)
  return canonical(name, String(a)) === canonical(name, String(b))
}

const UNITS: Readonly<Record<string, string>> = { second: 's', sec: 's', minute: 'm', min: 'm', hour: 'h', hr: 'h', day: 'd', week: 'w' }

/** Two values are the same when the tool would do the same with both. */
function canonical(name: string, value: string): string {
  const text = value.trim()
  if (name === 'path') return text.replace(/^\.\//, '').replace(/(?<=.)\/$/, '')
  if (name === 'unit') return text.toLowerCase().replace(/\.service$/, '')
  if (name === 'since') {
    return text
      .toLowerCase()
      .replace(/^(?:the\s+)?(?:last|past)\s+/, '')
      .replace(/(\d+)\s*([a-z]+?)s?\b/g, (_, count: string, unit: string) => `${count}${UNITS[unit] ?? unit}`)
  }
  return name === 'content' || name === 'find' || name === 'replace' ? text : text.toLowerCase()
}
