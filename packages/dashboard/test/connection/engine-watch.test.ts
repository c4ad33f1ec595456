import type { GatewayHealth } from '@castellan/contracts'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { EngineWatch } from '../../src/connection/engine-watch.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const health = (engine: GatewayHealth['engine'], agentd: GatewayHealth['agentd'] = 'ready'): GatewayHealth => {
  const started_at = '2026-11-21T04:00:00.000Z'
  return { status: 'ok', version: '0.1.0', started_at, uptime_s: 1, agentd, engine, airlock: 'ready' }
}

/** A watch on an engine that gives these answers, in order. */
function watch(...answers: (GatewayHealth | Error)[]) {
  const ask = vi.fn(async () => {
    const answer = answers.shift() ?? health('ready')
    if (answer instanceof Error) throw answer
    return answer
  })
  return { ask, engine: new EngineWatch(ask) }
}

test('looks again until the model is ready, and then no more', async () => {
  const { ask, engine } = watch(health('loading'), new Error('away'))
  engine.look()
  await vi.advanceTimersByTimeAsync(0)
  expect(engine.state.value).toBe('loading')
  await vi.advanceTimersByTimeAsync(2000)
  expect(engine.state.value).toBe('unknown')
  await vi.advanceTimersByTimeAsync(60_000)
  expect(engine.state.value).toBe('ready')
  expect(ask).toHaveBeenCalledTimes(3)
})

test('agentd being away matters more than the model', async () => {
  const { engine } = watch(health('ready', 'unavailable'))
  engine.look()
  await vi.advanceTimersByTimeAsync(0)
  expect(engine.state.value).toBe('agentd_unavailable')
  engine.stop()
})

test('after stop nothing is asked, and an answer on its way counts for nothing', async () => {
  const { ask, engine } = watch(health('failed'))
  engine.look()
  engine.stop()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(engine.state.value).toBe('unknown')
  expect(ask).toHaveBeenCalledTimes(1)
})
