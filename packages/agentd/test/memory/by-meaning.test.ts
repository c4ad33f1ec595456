import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CastellanError } from '@castellan/contracts'
import { temporaryFolder, until } from '@castellan/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { NewFact } from '../../src/host/memory.ts'
import { type MeaningOptions, MemoryByMeaning } from '../../src/memory/by-meaning.ts'
import { Memory } from '../../src/memory/memory.ts'
import type { TextPlacer, TextVectors } from '../../src/memory/text-vectors.ts'

/** Words that mean the same lie on one axis; a text is the sum of its words. */
const AXES: readonly (readonly string[])[] = [
  ['disk', 'storage', 'drive'],
  ['full', 'crowded', 'space'],
  ['nginx', 'web'],
  ['backup', 'copy', 'backups'],
  ['cat'],
  ['printer'],
]

/** Stands in for the engine: places words on axes; what is unknown to it goes on an axis of its own. */
class Axes implements TextPlacer {
  model = 'a'.repeat(64)
  readonly asked: string[] = []
  fail: CastellanError | undefined
  /** Answers wait for this. */
  gate: Promise<void> = Promise.resolve()

  async place(texts: readonly string[]): Promise<TextVectors> {
    this.asked.push(...texts)
    const { model } = this
    await this.gate
    if (this.fail !== undefined) throw this.fail
    if (texts.includes('???')) throw new CastellanError('invalid_request', 'Nothing that is read.')
    return { model, vectors: texts.map(vectorOf) }
  }
}

function vectorOf(text: string): Float32Array {
  const numbers = new Array<number>(AXES.length + 8).fill(0)
  for (const word of text.toLowerCase().match(/[a-z]+/g) ?? []) {
    const axis = AXES.findIndex((words) => words.includes(word))
    const at = axis >= 0 ? axis : AXES.length + (word.length % 8)
    numbers[at] = (numbers[at] as number) + (axis >= 0 ? 3 : 1)
  }
  const length = Math.hypot(...numbers) || 1
  return Float32Array.from(numbers, (value) => value / length)
}

function open(options: MeaningOptions = {}, folder = temporaryFolder()) {
  const words = new Memory(join(folder, 'memory.db'), Buffer.alloc(32, 5))
  onTestFinished(() => words.close())
  const axes = new Axes()
  const memory = new MemoryByMeaning(words, axes, { patienceMs: 10_000, ...options })
  const remember = (text: string, rest: Partial<NewFact> = {}) =>
    memory.store({
      ...{
        id: memory.reserve(),
        text,
        source: 'test',
        tags: [],
        confidence: 1,
        expiresAt: null,
        by: 'tester',
        labels: [],
      },
      ...rest,
    })
  const recall = async (about: string, limit = 10) =>
    (await memory.recall(about, {}, limit)).map(({ fact }) => fact.text)
  /** The first question tells memory which model there is; then every fact gets its vector. */
  const ready = async () => {
    await memory.recall('anything', {}, 1)
    await memory.settled()
  }
  return { words, memory, axes, remember, recall, ready, folder }
}

describe('recall by meaning', () => {
  it('finds what shares no word with the question, and leaves out what has nothing to do with it', async () => {
    const { remember, recall, ready } = open()
    remember('The storage is crowded.')
    remember('The cat sleeps.')
    await ready()
    expect(await recall('disk full?')).toEqual(['The storage is crowded.'])
    expect(await recall('printer')).toEqual([])
  })

  it('puts first what is found by words and by meaning', async () => {
    const { remember, recall, ready } = open()
    remember('The cat is full.')
    remember('The disk is full of backups, and the drive has no space.')
    remember('Storage is crowded.')
    await ready()
    const found = await recall('full disk')
    expect(found[0]).toMatch(/^The disk is full/)
    expect(found).toContain('Storage is crowded.')
    expect(found).toContain('The cat is full.')
  })

  it('puts what is unsure behind what is sure', async () => {
    const { remember, recall, ready } = open()
    remember('Storage crowded.', { confidence: 0 })
    remember('Drive crowded.', { confidence: 1 })
    await ready()
    expect(await recall('disk full')).toEqual(['Drive crowded.', 'Storage crowded.'])
  })

  it('keeps to tags, to what is not expired, and to the limit', async () => {
    const { memory, remember, recall, ready } = open()
    remember('Storage crowded.', { tags: ['office'] })
    remember('Drive crowded.')
    remember('Drive full.', { expiresAt: new Date(Date.now() - 1) })
    await ready()
    const tagged = await memory.recall('disk space', { tags: ['office'] }, 10)
    expect(tagged.map(({ fact }) => fact.text)).toEqual(['Storage crowded.'])
    expect(await recall('disk space')).toHaveLength(2)
    expect(await recall('disk space', 1)).toHaveLength(1)
  })

  it('knows a fact that was changed by its new text, and a forgotten one not at all', async () => {
    const { memory, words, remember, recall, ready } = open()
    const kept = remember('Storage crowded.')
    await ready()
    memory.restore({ ...kept, text: 'The cat sleeps.' })
    await memory.settled()
    expect(await recall('disk full')).toEqual([])
    expect(await recall('cat')).toEqual(['The cat sleeps.'])
    memory.forget(kept.id)
    expect(words.nearest('a'.repeat(64), vectorOf('cat'), {}, 10)).toEqual([])
  })

  it('makes every vector again when the model is another one', async () => {
    const { axes, words, remember, ready, memory } = open()
    remember('Storage crowded.')
    await ready()
    axes.model = 'b'.repeat(64)
    await memory.recall('disk', {}, 1)
    await memory.settled()
    expect(words.nearest('b'.repeat(64), vectorOf('disk'), {}, 10)).toHaveLength(1)
    expect(words.nearest('a'.repeat(64), vectorOf('disk'), {}, 10)).toEqual([])
  })

  it('places facts of before, and those that come later', async () => {
    const folder = temporaryFolder()
    const words = new Memory(join(folder, 'memory.db'), Buffer.alloc(32, 5))
    for (let id = 1; id <= 11; id++) {
      words.store({
        id,
        text: `Storage ${id}`,
        source: '',
        tags: [],
        confidence: 1,
        expiresAt: null,
        by: '',
        labels: [],
      })
    }
    words.close()
    const { memory, recall, ready, remember } = open({}, folder)
    await ready()
    expect(await recall('disk', 100)).toHaveLength(11)
    remember('One more drive.')
    await memory.settled()
    expect(await recall('disk', 100)).toHaveLength(12)
  })

  it('places what is stored without waiting to be asked something', async () => {
    const { memory, words, remember } = open()
    remember('Storage crowded.')
    await until('it has its vector', async () => {
      await memory.settled()
      return words.nearest('a'.repeat(64), vectorOf('disk'), {}, 10).length === 1
    })
  })

  it('leaves out a text in which the model reads nothing, and goes on with the others', async () => {
    const { memory, axes, remember, recall, ready } = open()
    remember('???')
    remember('Storage crowded.')
    await ready()
    expect(await recall('disk full')).toEqual(['Storage crowded.'])
    await memory.settled()
    const asked = axes.asked.length
    expect(await recall('???')).toEqual([])
    expect(await recall('disk full')).toEqual(['Storage crowded.'])
    await memory.settled()
    expect(axes.asked.slice(asked)).toEqual(['???', 'disk full'])
  })
})

describe('recall without vectors', () => {
  it('goes by words alone when the engine has no model, and lets it be for a while', async () => {
    let now = 0
    const { axes, remember, recall } = open({ now: () => now })
    axes.fail = new CastellanError('embeddings_off', 'No model.')
    remember('The storage is crowded.')
    expect(await recall('storage')).toEqual(['The storage is crowded.'])
    const asked = axes.asked.length
    await recall('storage')
    expect(axes.asked.length).toBe(asked)
    now = 31_000
    axes.fail = undefined
    expect(await recall('storage')).toEqual(['The storage is crowded.'])
    expect(axes.asked.length).toBeGreaterThan(asked)
  })

  it('does not wait longer than its patience for a model that is being loaded, and has it the next time', async () => {
    const { memory, axes, remember, recall } = open({ patienceMs: 20 })
    const loaded = Promise.withResolvers<void>()
    axes.gate = loaded.promise
    remember('The storage is crowded.')
    expect(await recall('disk full')).toEqual([])
    loaded.resolve()
    await until('the fact has its vector', async () => {
      await memory.settled()
      return (await recall('disk full')).length > 0
    })
  })
})

it('keeps vectors under the key of memory: neither a text nor the model of a vector can be read in the file', async () => {
  const { remember, ready, folder } = open()
  remember('The storage is crowded.')
  await ready()
  for (const name of readdirSync(folder)) {
    const bytes = readFileSync(join(folder, name))
    expect(bytes.includes('crowded')).toBe(false)
    expect(bytes.includes('a'.repeat(64))).toBe(false)
  }
})
