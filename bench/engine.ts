import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describeTool, type ToolDescriptor } from '@castellan/contracts'
import { createLogger } from '@castellan/daemon'
import { tools } from '../packages/agentd/src/tools/index.ts'
import { createEngine, type Engine, InterpreterModel } from '../packages/engine/src/index.ts'
import { loadLlama } from '../packages/engine/src/worker/llama.ts'
import { writeSyntheticModel } from '../packages/engine/test/support/synthetic-model.ts'
import type { Report } from '../scripts/bench/report.ts'

export const title = 'Engine: rates beside bare node-llama-cpp, and what the built-in model takes'

const INTERPRETER = fileURLToPath(new URL('../models/interpreter/castellan-interpreter.gguf', import.meta.url))
/** About 50 million parameters: enough that the model and not its surroundings is measured. */
const SIZE = { width: 768, blocks: 8, feedForward: 2048 }
const CONTEXT_TOKENS = 2048
const PROMPT_TOKENS = 768
const ANSWER_TOKENS = 64
const ROUNDS = 5
const DECISIONS = 200

const REQUESTS = [
  'how full are my disks?',
  'which services failed?',
  'show me the last 20 errors of nginx since this morning',
  'what is listening on port 443',
  'write "call the plumber" to notes.txt',
  'in /etc/app.conf replace debug=true with debug=false',
  'is postgresql up and show me its log',
  'tell me a story about a castle',
]

export async function run(report: Report): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'castellan-bench-'))
  try {
    await reportRates(join(folder, 'bench.gguf'), report)
    await reportInterpreter(report)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

interface Rates {
  readonly prompt: number
  readonly decode: number
}

/** The same file, threads and tokens through the engine and bare, in turns. */
async function reportRates(path: string, report: Report): Promise<void> {
  writeSyntheticModel(path, { size: SIZE, chain: { '\n': { H: 1 }, H: { H: 1 } } })
  const ours = await startEngine(path)
  const bare = await startBare(path)
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

async function startEngine(modelPath: string) {
  const engine = await loadedEngine(modelPath)
  return {
    async rates(round: number): Promise<Rates> {
      const started = performance.now()
      const text = promptText(round)
      const request = {
        messages: [{ role: 'user' as const, text }],
        tools: [],
        maxTokens: ANSWER_TOKENS,
        temperature: 0,
        seed: 0,
        priority: 'interactive' as const,
      }
      let first = 0
      let promptTokens = 0
      for await (const event of await engine.complete(request, new AbortController().signal)) {
        if (event.type === 'text' && first === 0) first = performance.now()
        if (event.type === 'done') promptTokens = event.usage.promptTokens
      }
      return rate(promptTokens, started, first, performance.now())
    },
    stop: () => engine.stop(),
  }
}

async function startBare(modelPath: string) {
  const { llama, model } = await loadLlama(modelPath, false, 1)
  const sequence = (await model.createContext({ contextSize: CONTEXT_TOKENS, threads: 1 })).getSequence()
  return {
    async rates(round: number): Promise<Rates> {
      await sequence.clearHistory()
      const prompt = model.tokenize(`<|im_start|>user\n${promptText(round)}<|im_end|>\n<|im_start|>assistant\n`, true)
      const started = performance.now()
      let first = 0
      let count = 0
      for await (const _ of sequence.evaluate(prompt, { temperature: 0 })) {
        if (first === 0) first = performance.now()
        if (++count === ANSWER_TOKENS) break
      }
      return rate(prompt.length, started, first, performance.now())
    },
    stop: () => llama.dispose(),
  }
}

async function reportInterpreter(report: Report): Promise<void> {
  const loads: number[] = []
  for (let round = 0; round <= ROUNDS; round++) {
    const started = performance.now()
    const model = await InterpreterModel.load(INTERPRETER, 2)
    loads.push(performance.now() - started)
    await model.dispose()
  }
  report({ name: 'built-in model: load, with llama.cpp', value: median(loads.slice(1)), unit: 'ms', goal: 'under 300' })

  const engine = await loadedEngine(INTERPRETER)
  const descriptors: readonly ToolDescriptor[] = tools.map(describeTool)
  const times: number[] = []
  for (let index = 0; index < DECISIONS; index++) {
    const text = REQUESTS[index % REQUESTS.length] as string
    const request = {
      messages: [{ role: 'user' as const, text }],
      tools: [...descriptors],
      maxTokens: 64,
      temperature: 0,
      seed: 0,
      priority: 'interactive' as const,
    }
    const started = performance.now()
    for await (const _ of await engine.complete(request, new AbortController().signal));
    times.push(performance.now() - started)
  }
  times.sort((a, b) => a - b)
  const at = (share: number): number => times[Math.floor(share * times.length)] as number
  report({ name: 'built-in model: a request decided, p50', value: at(0.5), unit: 'ms', goal: 'under 100' })
  report({ name: 'built-in model: a request decided, p95', value: at(0.95), unit: 'ms', goal: 'under 100' })
  report({ name: 'built-in model: resident memory', value: residentMb(engine), unit: 'MB', goal: 'under 200' })
  await engine.stop()
}

async function loadedEngine(modelPath: string): Promise<Engine> {
  const log = createLogger({ name: 'bench', level: 'error' })
  const settings = { slots: 1, queue: 1, contextTokens: CONTEXT_TOKENS, threads: 1, gpu: 'off' as const }
  const engine = createEngine({ model: modelPath, ...settings, idleUnloadSeconds: 0, stallSeconds: 60 }, log)
  await engine.load()
  const { state, error } = engine.health()
  if (state !== 'ready') throw new Error(error?.message ?? `the engine is ${state}`)
  return engine
}

/** Another text each round, so that nothing of the last one can be taken over. One byte is one token. */
function promptText(round: number): string {
  return String.fromCharCode(97 + round).repeat(PROMPT_TOKENS)
}

function rate(promptTokens: number, started: number, first: number, ended: number): Rates {
  return { prompt: (promptTokens / (first - started)) * 1000, decode: ((ANSWER_TOKENS - 1) / (ended - first)) * 1000 }
}

function residentMb(engine: Engine): number {
  const status = readFileSync(`/proc/${engine.workerPid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number
}
