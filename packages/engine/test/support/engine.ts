import type { EngineEvent } from '@castellan/contracts'
import { createLogger } from '@castellan/daemon'
import { afterEach } from 'vitest'
import { createEngine, type EngineSettings } from '../../src/compose.ts'
import type { Engine } from '../../src/engine.ts'
import type { Completion } from '../../src/worker/protocol.ts'

export const never = new AbortController().signal

/** Makes engines that are stopped after each test. Their complaints are nobody's business here. */
export function engineFactory(): (model: string, settings?: Partial<EngineSettings>) => Engine {
  const log = createLogger({ name: 'test', level: 'error', file: '/dev/null' })
  const engines: Engine[] = []
  afterEach(async () => {
    await Promise.all(engines.splice(0).map((engine) => engine.stop()))
  })
  return (model, settings = {}) => {
    const common = { slots: 1, queue: 4, contextTokens: 65_536, threads: 1, idleUnloadSeconds: 0, stallSeconds: 60 }
    const engine = createEngine({ model, gpu: 'off', ...common, ...settings }, log)
    engines.push(engine)
    return engine
  }
}

export function asked(maxTokens = 16_000, more: Partial<Completion> = {}): Completion {
  const messages = [{ role: 'user' as const, text: 'hello' }]
  return { messages, tools: [], maxTokens, temperature: 0, seed: 0, priority: 'interactive', ...more }
}

export async function all(events: AsyncIterable<EngineEvent>): Promise<EngineEvent[]> {
  const list: EngineEvent[] = []
  for await (const event of events) list.push(event)
  return list
}
