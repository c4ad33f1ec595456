import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { type LoadedChat, loadChat } from '../../src/chat/load.ts'
import { memoryNeed } from '../../src/memory/need.ts'
import { readShape } from '../../src/memory/shape.ts'
import { type RandomModel, writeRandomModel } from '../support/random-model.ts'
import { tempFolder } from '../support/temp.ts'

const folder = tempFolder()
const loaded: LoadedChat[] = []
afterAll(async () => {
  await Promise.all(loaded.map(({ dispose }) => dispose()))
})

const shapes: readonly (readonly [name: string, shape: RandomModel, slots: number, contextTokens: number])[] = [
  ['llama, a key for each query', { layers: 4, width: 256, heads: 8, feedForward: 640, vocabulary: 4000 }, 1, 4096],
  [
    'llama, grouped queries',
    { layers: 6, width: 256, heads: 8, kvHeads: 2, feedForward: 704, vocabulary: 2000 },
    3,
    2048,
  ],
  [
    'qwen2, grouped queries and biases',
    { architecture: 'qwen2', layers: 4, width: 384, heads: 6, kvHeads: 1, feedForward: 1024, vocabulary: 8000 },
    2,
    8192,
  ],
  ['llama, a large vocabulary', { layers: 2, width: 128, heads: 4, vocabulary: 18_000 }, 1, 1024],
]

describe('the memory a model needs', () => {
  it.each(shapes)('is known from its header before it is loaded: %s', async (name, shape, slots, contextTokens) => {
    const path = join(folder, `${name.replace(/\W/g, '-')}.gguf`)
    writeRandomModel(path, shape)
    const chat = await loadChat(
      { modelPath: path, kind: 'chat', slots, contextTokens, threads: 1, gpu: false },
      () => undefined,
    )
    loaded.push(chat)
    const need = chat.loaded.need
    if (need === null) throw new Error('no need was computed')
    // llama.cpp's own account of what it has put into memory.
    expect(need.weights / chat.model.size).toBeCloseTo(1, 1)
    const counted = (need.kvCache + need.compute) / chat.context.memoryUsage.ram
    expect(counted).toBeGreaterThan(0.95)
    expect(counted).toBeLessThan(1.5)
    expect(need.total).toBe(need.weights + need.kvCache + need.compute + need.overhead)
  })

  it('grows with slots and context as their keys and values do', async () => {
    const path = join(folder, 'grows.gguf')
    writeRandomModel(path, { layers: 2, width: 128, heads: 4, kvHeads: 1 })
    const shape = await readShape(path)
    // 2 layers × 1 head × 32 values, of keys and of values, 16 bits each.
    expect(shape.kvBytesPerToken).toBe(2 * 32 * 2 * 2)
    const need = (slots: number, contextTokens: number) =>
      memoryNeed(shape, { slots, contextTokens, batchTokens: 192 }).kvCache
    expect(need(1, 4096)).toBe(256 * 4096)
    expect(need(3, 4096)).toBe(3 * need(1, 4096))
    // llama.cpp gives contexts in steps of 256 tokens.
    expect(need(1, 4000)).toBe(need(1, 4096))
  })
})
