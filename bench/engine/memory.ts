import { writeRandomModel } from '../../packages/engine/test/support/random-model.ts'
import type { Report } from '../../scripts/bench/report.ts'
import { ask, loadedEngine, residentMb } from './ask.ts'

const TURNS = 2000
/** The first ones fill what is allocated once. */
const SETTLED_AFTER = 400
const EVERY = 50

/** Resident memory of the worker over 2,000 turns of several conversations that take turns. */
export async function reportMemory(model: string, report: Report): Promise<void> {
  writeRandomModel(model, { layers: 2, width: 128, heads: 4, kvHeads: 2, vocabulary: 1000 })
  const engine = await loadedEngine(model, { slots: 2, contextTokens: 1024 })
  const samples: { turn: number; mb: number }[] = []
  for (let turn = 0; turn <= TURNS; turn++) {
    const messages = [
      { role: 'system' as const, text: `You keep server ${turn % 3}.` },
      { role: 'user' as const, text: `Question ${turn}: ${'how is it? '.repeat(turn % 20)}` },
    ]
    await ask(engine, { messages, maxTokens: 8, temperature: 1, seed: turn })
    if (turn >= SETTLED_AFTER && turn % EVERY === 0) samples.push({ turn, mb: residentMb(engine) })
  }
  await engine.stop()
  const [first, last] = [samples[0], samples.at(-1)] as { mb: number }[]
  report({ name: `resident memory after ${TURNS} turns`, value: last?.mb ?? 0, unit: 'MB', baseline: first?.mb ?? 0 })
  report({ name: 'growth of it, fitted', value: slope(samples) * 1024, unit: 'KB a turn', goal: 'none' })
}

/** Least squares, in MB a turn. */
function slope(samples: readonly { turn: number; mb: number }[]): number {
  const turn = samples.reduce((sum, one) => sum + one.turn, 0) / samples.length
  const mb = samples.reduce((sum, one) => sum + one.mb, 0) / samples.length
  const above = samples.reduce((sum, one) => sum + (one.turn - turn) * (one.mb - mb), 0)
  return above / samples.reduce((sum, one) => sum + (one.turn - turn) ** 2, 0)
}
