import { loadLlama } from '../../packages/engine/src/worker/llama.ts'
import type { Report } from '../../scripts/bench/report.ts'
import { ask, loadedEngine } from './ask.ts'

const CONTEXT_TOKENS = 2048
const PROMPT_WORDS = 180
const ANSWER_TOKENS = 64
const ROUNDS = 5

type Tokens = ReturnType<Awaited<ReturnType<typeof loadLlama>>['model']['tokenize']>

/** Tokens a second. */
interface Rates {
  readonly prompt: number
  readonly decode: number
}

/** The same file, threads and prompts through the engine, and by node-llama-cpp as it is; in turns. */
export async function reportRates(model: string, report: Report): Promise<void> {
  const ours = await startEngine(model)
  const bare = await startBare(model)
  const rounds: { ours: Rates; bare: Rates }[] = []
  for (let round = 0; round <= ROUNDS; round++)
    rounds.push({ ours: await ours.rates(round), bare: await bare.rates(round) })
  rounds.shift() // The first round warms up.
  await ours.stop()
  await bare.stop()
  for (const what of ['prompt', 'decode'] as const) {
    // The best round of each is the one that whatever else the machine did disturbed least.
    const value = Math.max(...rounds.map((round) => round.ours[what]))
    const baseline = Math.max(...rounds.map((round) => round.bare[what]))
    const name = `${what} through the engine, beside bare node-llama-cpp`
    report({ name, value, unit: 'tokens/s', baseline, ratio: value / baseline, goal: 'at least 0.95' })
  }
}

/** The prompt by an answer of one token, then a longer answer to the same prompt, which is evaluated already. */
async function startEngine(modelPath: string) {
  const engine = await loadedEngine(modelPath, { contextTokens: CONTEXT_TOKENS })
  return {
    async rates(round: number): Promise<Rates> {
      const messages = [{ role: 'user' as const, text: promptText(round) }]
      const prompt = await ask(engine, { messages, maxTokens: 1 })
      const answer = await ask(engine, { messages, maxTokens: ANSWER_TOKENS })
      return {
        prompt: (prompt.promptTokens / prompt.totalMs) * 1000,
        decode: (answer.outputTokens / answer.totalMs) * 1000,
      }
    },
    stop: () => engine.stop(),
  }
}

async function startBare(modelPath: string) {
  const { llama, model } = await loadLlama(modelPath, false, 1)
  const sequence = (await model.createContext({ contextSize: CONTEXT_TOKENS, threads: 1 })).getSequence()
  const take = async (tokens: Tokens, count: number): Promise<number> => {
    const started = performance.now()
    let taken = 0
    for await (const _ of sequence.evaluate(tokens, { temperature: 0 })) if (++taken === count) break
    return performance.now() - started
  }
  return {
    async rates(round: number): Promise<Rates> {
      await sequence.clearHistory()
      const tokens = model.tokenize(`<|im_start|>user\n${promptText(round)}<|im_end|>\n<|im_start|>assistant\n`, true)
      const promptMs = await take(tokens, 1)
      await sequence.adaptStateToTokens(tokens.slice(0, -1), false)
      const answerMs = await take(tokens.slice(-1), ANSWER_TOKENS)
      return { prompt: (tokens.length / promptMs) * 1000, decode: (ANSWER_TOKENS / answerMs) * 1000 }
    },
    stop: () => llama.dispose(),
  }
}

/** Another text each round, so that nothing of the last one can be taken over. */
function promptText(round: number): string {
  const words = ['disk', 'memory', 'service', 'network', 'journal', 'kernel', 'backup', 'certificate']
  return Array.from({ length: PROMPT_WORDS }, (_, index) => words[(index * (round + 3) + round) % words.length]).join(
    ' ',
  )
}
