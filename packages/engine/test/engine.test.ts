import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { EngineEvent } from '@castellan/contracts'
import { describe, expect, it } from 'vitest'
import type { EngineSettings } from '../src/compose.ts'
import type { Engine } from '../src/engine.ts'
import { all, asked, engineFactory, never } from './support/engine.ts'
import { writeSyntheticModel } from './support/synthetic-model.ts'
import { tempFolder } from './support/temp.ts'

const folder = tempFolder()
/** Says "Hello." for ever: a stream that only ends when it is stopped. */
const endless = join(folder, 'endless.gguf')
writeSyntheticModel(endless, {
  chain: { '\n': { H: 1 }, H: { i: 1 }, i: { ' ': 1 }, ' ': { H: 1 } },
  contextTokens: 65_536,
})

const made = engineFactory()

async function started(model: string, settings: Partial<EngineSettings> = {}): Promise<Engine> {
  const engine = made(model, settings)
  await engine.load()
  return engine
}

describe('the engine', () => {
  it('says what it has loaded', async () => {
    const engine = await started(endless)
    expect(engine.health()).toMatchObject({
      state: 'ready',
      busy: 0,
      slots: 1,
      model: { name: 'synthetic', kind: 'chat', digest: expect.stringMatching(/^[0-9a-f]{64}$/) },
    })
  })

  it('streams text and says why it ended', async () => {
    const engine = await started(endless)
    const events = await all(await engine.complete(asked(20), never))
    const text = events.flatMap((event) => (event.type === 'text' ? event.text : [])).join('')
    expect(text).toMatch(/^Hi Hi Hi/)
    expect(events.at(-1)).toMatchObject({ type: 'done', reason: 'length', usage: { outputTokens: 20 } })
  })

  it('makes a completion wait while the model is being loaded', async () => {
    const engine = made(endless, { queue: 1, contextTokens: 4096 })
    void engine.load()
    expect(engine.health()).toMatchObject({ state: 'loading', model: null })
    const outcome = await engine.complete(asked(5), never).then(all, (error: { code: string }) => error.code)
    // A machine under load may need longer than the engine's patience; then the caller is told to come back.
    if (outcome !== 'engine_loading') expect((outcome as EngineEvent[]).at(-1)).toMatchObject({ type: 'done' })
  })

  it('refuses what is nested too deeply to be handed over, and keeps its slot', async () => {
    const engine = await started(endless, { queue: 0 })
    let inputSchema: Record<string, unknown> = {}
    for (let level = 0; level < 20_000; level++) inputSchema = { properties: { inner: inputSchema } }
    const tools = [{ name: 'deep', inputSchema }] as never
    const refused = engine.complete(asked(5, { tools }), never).then(all)
    await expect(refused).rejects.toMatchObject({ code: 'invalid_request', message: expect.stringContaining('nested') })
    expect(engine.health()).toMatchObject({ state: 'ready', busy: 0 })
  })

  it('frees the slot of a cancelled completion for the next one', async () => {
    const engine = await started(endless, { queue: 0 })
    const cancel = new AbortController()
    for await (const event of await engine.complete(asked(), cancel.signal)) {
      expect(event.type).toBe('text')
      cancel.abort()
    }
    await expect.poll(() => engine.health().busy).toBe(0)
    const next = await all(await engine.complete(asked(5), never))
    expect(next.at(-1)).toMatchObject({ type: 'done' })
  })

  it('cancels a completion whose reader leaves the stream', async () => {
    const engine = await started(endless, { queue: 0 })
    for await (const _ of await engine.complete(asked(), never)) break
    await expect.poll(() => engine.health().busy).toBe(0)
  })

  it('refuses with the place in line when every slot is taken and the line is full', async () => {
    const engine = await started(endless, { queue: 0 })
    const cancel = new AbortController()
    const running = await engine.complete(asked(), cancel.signal)
    await expect(engine.complete(asked(), never)).rejects.toMatchObject({
      code: 'engine_queue_full',
      status: 429,
      detail: { place: 1 },
      retryAfterSeconds: 2,
    })
    cancel.abort()
    await all(running)
  })

  it('runs as many completions at once as it has slots', async () => {
    const engine = await started(endless, { slots: 2, queue: 0 })
    const streams = [await engine.complete(asked(30), never), await engine.complete(asked(30), never)]
    for (const events of await Promise.all(streams.map(all))) {
      expect(events.at(-1)).toMatchObject({ type: 'done', usage: { outputTokens: 30 } })
    }
  })

  it('ends the stream with engine_crashed when the worker is killed, and works again after that', async () => {
    const engine = await started(endless)
    const events: EngineEvent[] = []
    for await (const event of await engine.complete(asked(), never)) {
      if (events.length === 3) process.kill(engine.workerPid as number, 'SIGKILL')
      events.push(event)
    }
    expect(events.at(-1)).toMatchObject({ type: 'error', error: { code: 'engine_crashed' } })
    await expect.poll(() => engine.health().state, { timeout: 120_000 }).toBe('ready')
    expect(engine.health().busy).toBe(0)
    const next = await all(await engine.complete(asked(5), never))
    expect(next.at(-1)).toMatchObject({ type: 'done' })
  })

  it('keeps those who wait in line when the worker dies', async () => {
    const engine = await started(endless)
    const running = await engine.complete(asked(), never)
    const waiting = await engine.complete(asked(5), never)
    process.kill(engine.workerPid as number, 'SIGKILL')
    expect((await all(running)).at(-1)).toMatchObject({ type: 'error', error: { code: 'engine_crashed' } })
    const events = await all(waiting)
    expect(events[0]).toEqual({ type: 'queued', place: 1, waiting: 1 })
    expect(events.at(-1)).toMatchObject({ type: 'done' })
  })

  it.each([
    ['no GGUF', () => written('diary.gguf', 'Dear diary'), /is not a GGUF file/],
    ['an architecture that llama.cpp does not know', () => unknownArchitecture(), /unknown model architecture/],
    ['a vocabulary over which llama.cpp aborts', () => duplicateTokens(), /llama\.cpp cannot load/],
  ])('stays up and says what is wrong with a file: %s', async (_, file, sentence) => {
    const engine = await started(file())
    expect(engine.health()).toMatchObject({
      state: 'failed',
      model: null,
      error: { code: 'model_invalid', message: expect.stringMatching(sentence) },
    })
    await expect(engine.complete(asked(), never)).rejects.toMatchObject({ code: 'model_invalid' })
  })
})

function written(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

function unknownArchitecture(): string {
  const path = join(folder, 'castle.gguf')
  const sizes = ['context_length', 'embedding_length', 'block_count'].map((key) => [`castle.${key}`, { u32: 1 }])
  writeSyntheticModel(path, { metadata: { 'general.architecture': { text: 'castle' }, ...Object.fromEntries(sizes) } })
  return path
}

function duplicateTokens(): string {
  const path = join(folder, 'duplicate.gguf')
  writeSyntheticModel(path, { words: ['again', 'again'] })
  return path
}
