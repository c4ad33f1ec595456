import type { ServerFrame } from '@castellan/contracts'
import { costOf } from '../engines/cost.ts'
import type { Engine, Usage } from '../engines/engine.ts'

type UsageFrame = Extract<ServerFrame, { type: 'usage' }>

/** What one turn has used by now: calls it made, and tokens of every answer of the model, summaries among them. */
export class Tally {
  /** Tool calls that were made for the model. */
  calls = 0
  readonly #engine: Pick<Engine, 'kind' | 'model' | 'prices'>
  readonly #host: string | null
  readonly #answers: Usage[] = []

  /** `host` is who was told to the chat; null where the model is on this machine. */
  constructor(engine: Pick<Engine, 'kind' | 'model' | 'prices'>, host: string | null) {
    this.#engine = engine
    this.#host = host
  }

  add(usage: Usage): void {
    this.#answers.push(usage)
  }

  /** What the chat is told at the end of the turn; null when no model was asked. A sum of which a part is unknown is unknown. */
  frame(): UsageFrame | null {
    const answers = this.#answers
    if (answers.length === 0) return null
    const { kind, model, prices } = this.#engine
    const host = this.#host
    return {
      ...{ type: 'usage', engine: kind, model, host, answers: answers.length },
      prompt_tokens: sum(answers.map(({ promptTokens }) => promptTokens)),
      cached_tokens: sum(answers.map(({ cacheReadTokens }) => cacheReadTokens ?? null)),
      output_tokens: sum(answers.map(({ outputTokens }) => outputTokens)),
      // A model of one's own sends no bill.
      cost: host === null ? 0 : sum(answers.map((usage) => costOf(usage, prices))),
    }
  }
}

function sum(parts: readonly (number | null)[]): number | null {
  let total = 0
  for (const part of parts) {
    if (part === null) return null
    total += part
  }
  return total
}
