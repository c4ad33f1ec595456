import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { temporaryFolder, until } from '@castellan/testing'
import { expect, onTestFinished, test } from 'vitest'
import { writeSyntheticEmbedding } from '../../../engine/test/support/synthetic-embedding.ts'
import { MemoryByMeaning } from '../../src/memory/by-meaning.ts'
import { Memory } from '../../src/memory/memory.ts'
import { EnginePlacer } from '../../src/memory/text-vectors.ts'
import { SENTENCES } from '../../src/memory/unrelated.ts'

const main = fileURLToPath(new URL('../../../engine/src/main.ts', import.meta.url))

/** A model that knows every word that is said here, and that a storage is a disk. */
function writeModel(path: string, facts: readonly string[]): void {
  const alike = [
    ['disk', 'storage'],
    ['full', 'crowded'],
  ]
  const words = [...SENTENCES, ...facts].flatMap((text) => text.toLowerCase().match(/[a-z]{2,}/g) ?? [])
  const others = [...new Set(words)].filter((word) => !alike.flat().includes(word))
  writeSyntheticEmbedding(path, { groups: [...alike, ...others.map((word) => [word])] })
}

/** The real engine, with this embedding model beside its own. */
function startEngine(socket: string, embeddingModel: string): () => Promise<void> {
  const child = spawn(process.execPath, ['--conditions=source', main], {
    env: { PATH: process.env.PATH, CASTELLAN_ENGINE_SOCKET: socket, CASTELLAN_EMBEDDING_MODEL: embeddingModel },
    stdio: 'ignore',
  })
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const stop = () => {
    child.kill('SIGTERM')
    return gone
  }
  onTestFinished(stop)
  return stop
}

test('facts are found by meaning through the real engine, and by their words once it is gone', async () => {
  const folder = temporaryFolder()
  const facts = ['The storage is crowded.', 'Anna prefers tea.', 'The cat is fed twice a day.']
  const [model, socket] = [join(folder, 'embedding.gguf'), join(folder, 'engine.sock')]
  writeModel(model, facts)
  const stop = startEngine(socket, model)
  const words = new Memory(join(folder, 'memory.db'), Buffer.alloc(32, 5))
  onTestFinished(() => words.close())
  let now = 0
  const memory = new MemoryByMeaning(words, new EnginePlacer(socket), { patienceMs: 60_000, now: () => now })
  for (const text of facts) {
    const rest = { source: 'test', tags: [], confidence: 1, expiresAt: null, by: 'tester', labels: [] }
    memory.store({ id: memory.reserve(), text, ...rest })
  }
  const recall = async (about: string) => (await memory.recall(about, {}, 1)).map(({ fact }) => fact.text)
  const found = await until(
    'every fact has its vector',
    async () => {
      // Until the engine listens, each try ends in a pause.
      now += 60_000
      const found = await recall('disk full')
      await memory.settled()
      return found.length === 0 ? null : found
    },
    100_000,
  )
  expect(found).toEqual(['The storage is crowded.'])
  await stop()
  expect(await recall('disk full')).toEqual([])
  expect(await recall('storage')).toEqual(['The storage is crowded.'])
})
