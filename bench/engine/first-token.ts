import { describeTool, type ToolDescriptor } from '@castellan/contracts'
import { tools } from '../../packages/agentd/src/tools/index.ts'
import type { Report } from '../../scripts/bench/report.ts'
import { type Asked, ask, loadedEngine, median } from './ask.ts'

const CONTEXT_TOKENS = 4096
/** As many of the suite's tools as take some 1,500 tokens. */
const TOOLS: readonly ToolDescriptor[] = tools.slice(0, 4).map(describeTool)
const SESSIONS = [1, 4, 8]
const ROUNDS = 3
const ANSWER_TOKENS = 16

/**
 * How long somebody waits for the first word behind a system prompt and tools: when nothing is there yet, when another session
 * has had the same beginning, and with several sessions at once.
 */
export async function reportFirstToken(model: string, report: Report): Promise<void> {
  const engine = await loadedEngine(model, { slots: Math.max(...SESSIONS), contextTokens: CONTEXT_TOKENS })
  const question = (keeper: string, text: string) => ({
    messages: [
      {
        role: 'system' as const,
        text: `You are ${keeper}, and you keep a server. You say what you did and what came of it.`,
      },
      { role: 'user' as const, text },
    ],
    tools: [...TOOLS],
    maxTokens: ANSWER_TOKENS,
    temperature: 1,
  })
  const cold: Asked[] = []
  const warm: Asked[] = []
  for (let round = 0; round < ROUNDS; round++) {
    // Another name is another beginning: nothing of it is there.
    cold.push(await ask(engine, question(`Keeper ${round}`, 'how full is the disk?')))
    for (const text of ['is nginx up?', 'what failed today?']) {
      warm.push(await ask(engine, question(`Keeper ${round}`, text)))
    }
  }
  const coldMs = median(cold.map(({ firstMs }) => firstMs))
  const warmMs = median(warm.map(({ firstMs }) => firstMs))
  const tokens = median(cold.map(({ promptTokens }) => promptTokens))
  report({ name: `first token, cold, behind ${tokens} tokens`, value: coldMs, unit: 'ms' })
  report({
    name: 'first token, the beginning evaluated by another session',
    value: warmMs,
    unit: 'ms',
    baseline: coldMs,
    ratio: warmMs / coldMs,
  })
  const reused = warm.reduce((sum, one) => sum + one.reusedTokens, 0)
  const all = warm.reduce((sum, one) => sum + one.promptTokens, 0)
  report({ name: 'of a warm prompt, tokens that need no evaluation', value: (reused / all) * 100, unit: '%' })
  for (const sessions of SESSIONS) {
    const waits: number[] = []
    let outputTokens = 0
    const started = performance.now()
    for (let round = 0; round < ROUNDS; round++) {
      const asked = await Promise.all(
        Array.from({ length: sessions }, (_, index) =>
          ask(engine, question('the keeper', `What of part ${index} of round ${round}?`)),
        ),
      )
      waits.push(...asked.map(({ firstMs }) => firstMs))
      outputTokens += asked.reduce((sum, one) => sum + one.outputTokens, 0)
    }
    const seconds = (performance.now() - started) / 1000
    report({ name: `first token, warm, ${sessions} sessions at once, median`, value: median(waits), unit: 'ms' })
    report({
      name: `answers of ${sessions} sessions at once, together`,
      value: outputTokens / seconds,
      unit: 'tokens/s',
    })
  }
  await engine.stop()
}
