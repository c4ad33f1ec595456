import { readFileSync } from 'node:fs'
import { createLogger } from '@castellan/daemon'
import { createEngine, type Engine, type EngineSettings } from '../../packages/engine/src/index.ts'

type Request = Parameters<Engine['complete']>[0]

/** An engine with a model that is loaded. */
export async function loadedEngine(model: string, settings: Partial<EngineSettings> = {}): Promise<Engine> {
  const log = createLogger({ name: 'bench', level: 'error' })
  const common = { slots: 1, queue: 16, contextTokens: 2048, threads: 1, idleUnloadSeconds: 0, stallSeconds: 60 }
  const engine = createEngine({ model, gpu: 'off', ...common, ...settings }, log)
  await engine.load()
  const { state, error } = engine.health()
  if (state !== 'ready') throw new Error(error?.message ?? `the engine is ${state}`)
  return engine
}

export interface Asked {
  /** From the request to the first word, and to the end; in milliseconds. */
  readonly firstMs: number
  readonly totalMs: number
  readonly promptTokens: number
  readonly reusedTokens: number
  readonly outputTokens: number
}

/** Asks and reads the whole answer. */
export async function ask(engine: Engine, request: Partial<Request> & Pick<Request, 'messages'>): Promise<Asked> {
  const whole: Request = { tools: [], maxTokens: 64, temperature: 0, seed: 0, priority: 'interactive', ...request }
  const started = performance.now()
  let first = 0
  for await (const event of await engine.complete(whole, new AbortController().signal)) {
    if (event.type === 'text' && first === 0) first = performance.now()
    if (event.type === 'error') throw new Error(event.error.message)
    if (event.type !== 'done') continue
    const ended = performance.now()
    const { promptTokens, outputTokens, cacheReadTokens = 0 } = event.usage
    const times = { firstMs: (first === 0 ? ended : first) - started, totalMs: ended - started }
    return { ...times, promptTokens, outputTokens, reusedTokens: cacheReadTokens }
  }
  throw new Error('the answer did not end')
}

/** Resident memory of the engine's worker, in MB. */
export function residentMb(engine: Engine): number {
  const status = readFileSync(`/proc/${engine.workerPid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number
}
