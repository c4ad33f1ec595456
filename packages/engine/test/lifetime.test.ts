import { copyFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { EngineDoctor, EngineModelSwitch } from '@castellan/contracts'
import { describe, expect, it } from 'vitest'
import type { EngineSettings } from '../src/compose.ts'
import type { Engine } from '../src/engine.ts'
import { all, asked, engineFactory, never } from './support/engine.ts'
import { writeRandomModel } from './support/random-model.ts'
import { writeSyntheticModel } from './support/synthetic-model.ts'
import { tempFolder } from './support/temp.ts'

const folder = tempFolder()
/** One says "Hi Hi Hi" for ever, the other "Oh Oh Oh". */
const hi = join(folder, 'hi.gguf')
const oh = join(folder, 'oh.gguf')
writeSyntheticModel(hi, { chain: { '\n': { H: 1 }, H: { i: 1 }, i: { H: 1 } }, contextTokens: 65_536 })
writeSyntheticModel(oh, { chain: { '\n': { O: 1 }, O: { h: 1 }, h: { O: 1 } }, contextTokens: 65_536 })
const made = engineFactory()

async function started(model: string, settings: Partial<EngineSettings> = {}): Promise<Engine> {
  const engine = made(model, settings)
  await engine.load()
  expect(engine.health()).toMatchObject({ state: 'ready', loaded: true })
  return engine
}

async function says(engine: Engine): Promise<string> {
  const events = await all(await engine.complete(asked(4), never))
  return events.flatMap((event) => (event.type === 'text' ? event.text : [])).join('')
}

describe('a model that hangs', () => {
  it('is ended, whoever waited is told, and the next request is answered', async () => {
    const engine = await started(hi, { stallSeconds: 5 })
    const events = []
    for await (const event of await engine.complete(asked(), never)) {
      if (events.length === 3) process.kill(engine.workerPid as number, 'SIGSTOP')
      events.push(event)
    }
    expect(events.at(-1)).toMatchObject({ type: 'error', error: { code: 'engine_stalled' } })
    await expect.poll(() => engine.health().state, { timeout: 120_000 }).toBe('ready')
    expect(await says(engine)).toBe('HiHi')
  })
})

describe('a model that nobody needs', () => {
  it('leaves the memory, and comes back with the next request', async () => {
    const engine = await started(hi, { idleUnloadSeconds: 1 })
    await expect.poll(() => engine.health().loaded, { timeout: 120_000 }).toBe(false)
    expect(engine.workerPid).toBeUndefined()
    expect(engine.health()).toMatchObject({ state: 'ready', model: { name: 'synthetic' } })
    expect((await engine.doctor()).advice).toContainEqual(expect.objectContaining({ code: 'unloaded' }))
    await expect
      .poll(
        () =>
          says(engine).catch((error: { code: string }) => {
            // A slow machine needs longer than the engine's patience.
            expect(error.code).toBe('engine_loading')
          }),
        { timeout: 120_000 },
      )
      .toBe('HiHi')
  })
})

describe('a change of the model', () => {
  it('lets the old one finish and the new one begin', async () => {
    const engine = await started(hi, { slots: 2 })
    const running = await engine.complete(asked(400), never)
    const begun = all(running)
    const change = EngineModelSwitch.parse(await engine.switchModel(oh))
    expect(change).toMatchObject({ how: 'beside', previous: { name: 'synthetic' } })
    expect(change.model.digest).not.toBe(change.previous?.digest)
    expect(await says(engine)).toBe('OhOh')
    expect((await begun).at(-1)).toMatchObject({ type: 'done', usage: { outputTokens: 400 } })
  })

  it('keeps the old one where the new one is none', async () => {
    const engine = await started(hi)
    await expect(engine.switchModel(join(folder, 'absent.gguf'))).rejects.toMatchObject({ code: 'model_invalid' })
    const bad = join(folder, 'duplicate.gguf')
    writeSyntheticModel(bad, { words: ['again', 'again'] })
    await expect(engine.switchModel(bad)).rejects.toMatchObject({ code: 'model_invalid' })
    expect(await says(engine)).toBe('HiHi')
  })

  it('is refused with figures where the new one cannot fit in any case', async () => {
    const engine = await started(hi, { contextTokens: 1_048_576 })
    const large = join(folder, 'large.gguf')
    // 256 KiB of keys and values a token.
    writeRandomModel(large, { layers: 32, width: 1024, heads: 8, feedForward: 32, contextTokens: 4_194_304 })
    await expect(engine.switchModel(large)).rejects.toMatchObject({
      code: 'model_too_large',
      detail: { need: { kvCache: 32 * 1024 * 2 * 2 * 1_048_576 }, largest: { slots: 1 } },
    })
    rmSync(large)
    expect(await says(engine)).toBe('HiHi')
  })

  it('is one at a time', async () => {
    const engine = await started(hi)
    const first = engine.switchModel(oh)
    await expect(engine.switchModel(oh)).rejects.toMatchObject({ code: 'model_switching' })
    await first
  })

  it('brings an engine that had no usable model to life', async () => {
    const engine = made(join(folder, 'absent.gguf'))
    await engine.load()
    expect(engine.health().state).toBe('failed')
    expect(await engine.switchModel(oh)).toMatchObject({ previous: null })
    expect(await says(engine)).toBe('OhOh')
  })
})

describe('a model too large for this machine', () => {
  it('is refused before it is loaded, and the engine stays up', async () => {
    const engine = made(hi, { slots: 16, contextTokens: 65_536 })
    const wide = join(folder, 'wide.gguf')
    writeRandomModel(wide, { layers: 32, width: 1024, heads: 8, feedForward: 32, contextTokens: 4_194_304 })
    const large = made(wide, { slots: 16, contextTokens: 1_048_576 })
    await large.load()
    expect(large.health()).toMatchObject({ state: 'failed', error: { code: 'model_too_large' } })
    await expect(large.complete(asked(4), never)).rejects.toMatchObject({ code: 'model_too_large' })
    expect((await large.doctor()).advice[0]).toMatchObject({ level: 'problem', code: 'model_too_large' })
    rmSync(wide)
    await engine.load()
    expect(engine.health().state).toBe('ready')
  })
})

describe('the doctor', () => {
  it('says what is used and why', async () => {
    const engine = await started(hi, { slots: 2, contextTokens: 4096 })
    await says(engine)
    const report = EngineDoctor.parse(await engine.doctor())
    expect(report).toMatchObject({
      engine: { backend: 'llama.cpp', backendVersion: expect.stringMatching(/^\S+$/) },
      model: { architecture: 'llama', source: hi },
      compute: { device: 'cpu', why: expect.stringMatching(/switched off/), threads: 1 },
      slots: { total: 2, contextTokens: 4096, queueLimit: 4 },
    })
    expect(report.memory.need?.total).toBeGreaterThan(0)
    expect(report.memory.resident).toBeGreaterThan(10_000_000)
    expect(report.prefix.promptTokens).toBeGreaterThan(0)
  })
})

describe('what an answer came from', () => {
  const random = join(folder, 'random.gguf')
  writeRandomModel(random, { layers: 1, width: 64, heads: 2, feedForward: 64, vocabulary: 500 })
  const decided = async (engine: Engine, more: Parameters<typeof asked>[1] = {}) => {
    const events = await all(await engine.complete(asked(12, { temperature: 1, ...more }), never))
    const done = events.at(-1)
    if (done?.type !== 'done') throw new Error('no done event')
    return { text: events.flatMap((event) => (event.type === 'text' ? event.text : [])).join(''), ...done.decision }
  }

  it('is told with it, and the same gives the same again', async () => {
    const engine = await started(random, { contextTokens: 2048 })
    const once = await decided(engine, { seed: 4_000_000_000 })
    expect(once).toMatchObject({
      modelDigest: engine.health().model?.digest,
      promptDigest: expect.stringMatching(/^[0-9a-f]{64}$/),
      grammarDigest: null,
      seed: 4_000_000_000,
      engine: { name: 'castellan-engine', version: expect.stringMatching(/\(llama\.cpp \S+\)$/) },
    })
    expect(await decided(engine, { seed: 4_000_000_000 })).toEqual(once)
    const copy = join(folder, 'copy.gguf')
    copyFileSync(random, copy)
    await engine.switchModel(copy)
    expect(await decided(engine, { seed: 4_000_000_000 })).toEqual(once)
  })

  it('has a seed of its own where none was asked for', async () => {
    const engine = await started(random, { contextTokens: 2048 })
    const first = await decided(engine, { seed: undefined })
    const second = await decided(engine, { seed: undefined })
    expect(second.seed).not.toBe(first.seed)
    expect(second.promptDigest).toBe(first.promptDigest)
    expect((await decided(engine, { seed: first.seed })).text).toBe(first.text)
  })
})
