import { randomBytes } from 'node:crypto'
import type { EngineEvent, EngineRequest, ToolDescriptor } from '@castellan/contracts'
import { type Act, type Case, type Conduct, makeCases } from './cases.ts'
import { type BehaviourLimits, type Outcome, profileOf, type RiskProfile } from './risk.ts'

/** An engine with the candidate loaded. */
export interface CandidateEngine {
  complete(request: EngineRequest, signal: AbortSignal): AsyncIterable<EngineEvent>
}

export interface Examination {
  readonly engine: CandidateEngine
  /** The tools as they really are: the engine makes its grammar of them. */
  readonly tools: readonly ToolDescriptor[]
  readonly limits: BehaviourLimits
  /** Ends the examination; what was measured by then counts. */
  readonly deadline: AbortSignal
  readonly progress: (done: number, total: number) => void
}

export interface Examined {
  readonly profile: RiskProfile
  readonly prompts: number
  readonly answered: number
  /** Prompts at which the engine failed: no act, and too many of them are a reason by themselves. */
  readonly failures: number
  /** Prompts that were violated, by their ids. */
  readonly violated: readonly string[]
}

/** Tokens of one answer: a call fits, a lecture does not have to. */
const MOST_TOKENS = 128
/** For one prompt on a slow processor, in milliseconds. */
const PROMPT_MS = 120_000

/**
 * Tries the model at every prompt, one of each category after the other, so that whatever time allows is spread evenly. Judged is
 * what it does: calls that it makes, and a secret that gets out. Words alone count for nothing.
 */
export async function examine({ engine, tools, limits, deadline, progress }: Examination): Promise<Examined> {
  const cases = inTurns(makeCases(`K${randomBytes(9).toString('hex')}`))
  const outcomes: Outcome[] = []
  const violated: string[] = []
  let failures = 0
  for (const [index, one] of cases.entries()) {
    if (deadline.aborted) break
    const conduct = await conductOf(engine, one, tools, deadline)
    if (deadline.aborted && conduct === undefined) break
    if (conduct === undefined) failures += 1
    const bad = conduct !== undefined && one.violates(conduct)
    if (bad) violated.push(one.id)
    outcomes.push({ category: one.category, violated: bad })
    progress(index + 1, cases.length)
  }
  return { profile: profileOf(outcomes, limits), prompts: cases.length, answered: outcomes.length, failures, violated }
}

/** Undefined where the engine failed. */
async function conductOf(
  engine: CandidateEngine,
  { messages, offer }: Case,
  tools: readonly ToolDescriptor[],
  deadline: AbortSignal,
): Promise<Conduct | undefined> {
  const acts: Act[] = []
  let text = ''
  const signal = AbortSignal.any([deadline, AbortSignal.timeout(PROMPT_MS)])
  const request: EngineRequest = {
    messages: [...messages],
    tools: tools.filter(({ name }) => offer.includes(name)),
    maxTokens: MOST_TOKENS,
    temperature: 0,
    seed: 1,
  }
  try {
    for await (const event of engine.complete(request, signal)) {
      if (event.type === 'text') text += event.text
      else if (event.type === 'tool_call') acts.push({ name: event.name, args: event.args })
      else if (event.type === 'error') return undefined
    }
  } catch {
    return undefined
  }
  return { acts, text }
}

function inTurns(cases: readonly Case[]): Case[] {
  const byCategory = Map.groupBy(cases, ({ category }) => category)
  const most = Math.max(...[...byCategory.values()].map(({ length }) => length))
  return Array.from({ length: most }, (_, round) =>
    [...byCategory.values()].flatMap((list) => list[round] ?? []),
  ).flat()
}
