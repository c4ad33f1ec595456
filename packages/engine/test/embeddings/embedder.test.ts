import { copyFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { EngineEmbeddings } from '@castellan/contracts'
import { createLogger, vectorOf } from '@castellan/daemon'
import { until } from '@castellan/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { Embedder, type EmbedderOptions } from '../../src/embeddings/embedder.ts'
import { writeSyntheticEmbedding } from '../support/synthetic-embedding.ts'
import { writeSyntheticModel } from '../support/synthetic-model.ts'
import { tempFolder } from '../support/temp.ts'

const folder = tempFolder()
const log = createLogger({ name: 'test', level: 'error' })
const model = join(folder, 'embedding.gguf')
writeSyntheticEmbedding(model, {
  groups: [['disk', 'storage'], ['full', 'crowded'], ['nginx'], ['restart', 'reboot'], ['the'], ['is']],
  contextTokens: 64,
})
const never = new AbortController().signal

const embedders: Embedder[] = []
afterEach(async () => {
  await Promise.all(embedders.splice(0).map((embedder) => embedder.stop()))
})

function started(options: Partial<EmbedderOptions> = {}): Embedder {
  const embedder = new Embedder({
    ...{ modelPath: model, contextTokens: 2048, threads: 1, idleMs: 0, queue: 4, log },
    ...options,
  })
  embedders.push(embedder)
  return embedder
}

function numbers({ model: { dimensions }, vectors }: EngineEmbeddings): Float32Array[] {
  return vectors.map(({ vector }) => vectorOf(vector, dimensions) as Float32Array)
}

function dot(left: Float32Array, right: Float32Array): number {
  return left.reduce((sum, value, at) => sum + value * (right[at] as number), 0)
}

const codeOf = (error: { code: string }): string => error.code

describe('the embedding model', () => {
  it('makes vectors of length 1 in which like texts lie close together', async () => {
    const answer = await started().embed(
      ['the disk is full', 'the storage is crowded', 'restart nginx', 'the disk is full'],
      false,
      never,
    )
    expect(answer.model).toMatchObject({ name: 'synthetic-embedding', dimensions: 64, contextTokens: 64 })
    const [disk, storage, nginx, again] = numbers(answer) as [Float32Array, Float32Array, Float32Array, Float32Array]
    for (const vector of [disk, storage, nginx]) expect(Math.hypot(...vector)).toBeCloseTo(1, 5)
    expect(dot(disk, storage)).toBeGreaterThan(dot(disk, nginx) + 0.2)
    expect(again).toEqual(disk)
    expect(answer.vectors.map(({ tokens }) => tokens)).toEqual([4, 4, 2, 4])
  })

  it('takes a model that writes as well as an encoder', async () => {
    const path = join(folder, 'writes.gguf')
    writeSyntheticModel(path, { contextTokens: 512, metadata: { 'llama.pooling_type': { u32: 3 } } })
    const answer = await started({ modelPath: path }).embed(['hello', 'another'], false, never)
    const [hello, another] = numbers(answer) as [Float32Array, Float32Array]
    expect(Math.hypot(...hello)).toBeCloseTo(1, 5)
    expect(hello).not.toEqual(another)
  })

  it('is loaded by the first request and not before', async () => {
    const embedder = started()
    expect(embedder.state()).toEqual({ state: 'idle', model: null })
    expect(embedder.workerPid).toBeUndefined()
    await embedder.embed(['disk'], false, never)
    expect(embedder.state()).toMatchObject({
      state: 'ready',
      model: { digest: expect.stringMatching(/^[0-9a-f]{64}$/) },
    })
  })

  it('leaves the memory when nobody asks, still says what it is, and comes back', async () => {
    const embedder = started({ idleMs: 1 })
    await embedder.embed(['disk'], false, never)
    await until('the worker is gone', () => embedder.workerPid === undefined)
    expect(embedder.state()).toMatchObject({ state: 'idle', model: { dimensions: 64 } })
    expect(await embedder.embed(['disk'], false, never)).toMatchObject({ vectors: [{ tokens: 1 }] })
  })

  it('refuses a text that is too long with figures, and cuts it where that is asked for', async () => {
    const embedder = started()
    const long = 'disk '.repeat(200)
    await expect(embedder.embed(['disk', long], false, never)).rejects.toMatchObject({
      code: 'input_too_long',
      detail: { input: 1, tokens: 200, limit: 61 },
    })
    const { vectors } = await embedder.embed(['disk', long], true, never)
    expect(vectors).toMatchObject([
      { tokens: 1, cut: false },
      { tokens: 61, cut: true },
    ])
  })

  it('refuses a blank text by its place', async () => {
    await expect(started().embed(['disk', '  \n '], false, never)).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining('Text 2'),
    })
  })

  it('refuses a text that tokenizers end the process for', async () => {
    const embedder = started()
    await expect(embedder.embed(['disk', 'a'.repeat(20_000)], true, never)).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining('Text 2 has 20000 letters'),
    })
    expect(await embedder.embed(['disk'], false, never)).toMatchObject({ vectors: [{ tokens: 1 }] })
  })

  it('says what to do where none is configured', async () => {
    const embedder = started({ modelPath: undefined })
    expect(embedder.state()).toEqual({ state: 'off', model: null })
    await expect(embedder.embed(['disk'], false, never)).rejects.toMatchObject({
      code: 'embeddings_off',
      message: expect.stringContaining('embeddingModel'),
    })
  })

  it('refuses a file that is damaged, gone, or judges pairs, and tries it again when it is another one', async () => {
    const path = join(folder, 'replaced.gguf')
    const embedder = started({ modelPath: path })
    await expect(embedder.embed(['disk'], false, never)).rejects.toMatchObject({ code: 'model_invalid' })
    copyFileSync(model, path)
    truncateSync(path, 20_000)
    await expect(embedder.embed(['disk'], false, never)).rejects.toMatchObject({
      code: 'model_invalid',
      message: expect.stringContaining('cut short'),
    })
    expect(embedder.state()).toMatchObject({ state: 'failed', error: { code: 'model_invalid' } })
    writeFileSync(path, 'not a model')
    await expect(embedder.embed(['disk'], false, never)).rejects.toMatchObject({ code: 'model_invalid' })
    copyFileSync(model, path)
    await embedder.embed(['disk'], false, never)
    expect(embedder.state()).toMatchObject({ state: 'ready' })
    expect(embedder.state().error).toBeUndefined()
  })

  it('answers those who wait one after the other, and turns away who would wait too long', async () => {
    const embedder = started({ queue: 1 })
    const first = embedder.embed(['disk', 'full'], false, never)
    const second = embedder.embed(['nginx'], false, never)
    await expect(embedder.embed(['restart'], false, never)).rejects.toMatchObject({ code: 'engine_queue_full' })
    expect((await first).vectors).toHaveLength(2)
    expect((await second).vectors).toHaveLength(1)
  })

  it('lets those in the line go when they no longer want to wait, and answers the others', async () => {
    const embedder = started()
    const first = embedder.embed(['disk'], false, never)
    const leaving = new AbortController()
    const second = embedder.embed(['full'], false, leaving.signal)
    const third = embedder.embed(['nginx'], false, never)
    leaving.abort(new Error('gone'))
    await expect(second).rejects.toThrow('gone')
    await Promise.all([first, third])
  })

  it('stops in the middle of a request that is given up', async () => {
    const embedder = started()
    await embedder.embed(['disk'], false, never)
    const leaving = new AbortController()
    const many = embedder.embed(
      Array.from({ length: 512 }, () => 'disk '.repeat(60)),
      false,
      leaving.signal,
    )
    leaving.abort(new Error('gone'))
    await expect(many).rejects.toThrow('gone')
    expect(await embedder.embed(['nginx'], false, never)).toMatchObject({ vectors: [{ tokens: 1 }] })
  })

  it('says so when its process dies under a request, and starts another one', async () => {
    const embedder = started()
    await embedder.embed(['disk'], false, never)
    const pid = embedder.workerPid as number
    process.kill(pid, 'SIGSTOP')
    const broken = embedder.embed(['disk'], false, never).catch(codeOf)
    process.kill(pid, 'SIGKILL')
    expect(await broken).toBe('engine_crashed')
    expect(await embedder.embed(['disk'], false, never)).toMatchObject({ vectors: [{ tokens: 1 }] })
    expect(embedder.workerPid).not.toBe(pid)
  })

  it('ends a process that hangs', async () => {
    const embedder = started({ stallMs: 500 })
    let code = await embedder.embed(['disk'], false, never).then(() => 'answered', codeOf)
    // A machine that is slow enough has shown it already.
    if (code !== 'engine_stalled') {
      process.kill(embedder.workerPid as number, 'SIGSTOP')
      code = await embedder.embed(['disk'], false, never).then(() => 'answered', codeOf)
    }
    expect(code).toBe('engine_stalled')
  })
})
