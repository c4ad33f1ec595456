import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeRandomModel } from '../packages/engine/test/support/random-model.ts'
import type { Report } from '../scripts/bench/report.ts'
import { reportFirstToken } from './engine/first-token.ts'
import { reportInterpreter } from './engine/interpreter.ts'
import { reportMemory } from './engine/memory.ts'
import { reportRates } from './engine/rates.ts'

export const title = 'Engine: rates beside bare node-llama-cpp, time to the first token, memory, and the built-in model'

/** About 60 million parameters of llama's shape with grouped queries, in 8 bits: a stand-in for a real model, at 66 MB. */
const SHAPE = { layers: 8, width: 768, heads: 12, kvHeads: 4, feedForward: 2048, vocabulary: 8000 }

export async function run(report: Report): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'castellan-bench-'))
  const model = join(folder, 'random.gguf')
  try {
    writeRandomModel(model, SHAPE)
    await reportRates(model, report)
    await reportFirstToken(model, report)
    await reportMemory(join(folder, 'small.gguf'), report)
    await reportInterpreter(report)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
