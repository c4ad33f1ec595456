import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@castellan/testing'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { NewFact } from '../../src/host/memory.ts'
import { Memory } from '../../src/memory/memory.ts'
import { openMachine, toolByName } from '../support/machine.ts'

const key = Buffer.alloc(32, 5)

function open(folder = temporaryFolder(), options: { key?: Buffer; now?: () => number } = {}) {
  const memory = new Memory(join(folder, 'memory.db'), options.key ?? key, options.now)
  onTestFinished(() => memory.close())
  const remember = (text: string, rest: Partial<NewFact> = {}) =>
    memory.store({
      id: memory.reserve(),
      text,
      source: 'test',
      tags: [],
      confidence: 1,
      expiresAt: null,
      by: 'tester',
      labels: [],
      ...rest,
    })
  return { memory, folder, remember }
}

const texts = (found: readonly { fact: { text: string } }[]) => found.map(({ fact }) => fact.text)

describe('recall', () => {
  it('finds by any word, in any case and form, the best first', () => {
    const { memory, remember } = open()
    remember('The nightly backup goes to the NAS in the cellar.')
    remember('Nginx listens on port 8443.')
    remember('Backups of the NAS are kept for thirty days.')
    expect(texts(memory.recall('where do BACKUPS of the nas go', {}, 10))[0]).toMatch(/NAS/)
    expect(texts(memory.recall('nginx port', {}, 10))).toEqual(['Nginx listens on port 8443.'])
    expect(memory.recall('aardvark', {}, 10)).toEqual([])
    expect(memory.recall('!!! ??', {}, 10)).toEqual([])
  })

  it('puts what is unsure behind what is sure, and keeps to tags', () => {
    const { memory, remember } = open()
    remember('The printer is on floor one.', { confidence: 0.1 })
    remember('The printer is on floor two.', { confidence: 1, tags: ['office'] })
    expect(texts(memory.recall('printer floor', {}, 10))[0]).toMatch(/two/)
    expect(texts(memory.recall('printer', { tags: ['office'] }, 10))).toEqual(['The printer is on floor two.'])
    expect(memory.recall('printer', { tags: ['office', 'home'] }, 10)).toEqual([])
  })

  it('whatever is asked, is no query of the database', () => {
    const { memory, remember } = open()
    remember('one fact')
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (about) => {
        expect(memory.recall(about, {}, 5).length).toBeLessThanOrEqual(1)
      }),
    )
  })

  it('leaves out what is expired, and so does everything else', () => {
    const clock = { now: 0 }
    const { memory, remember } = open(temporaryFolder(), { now: () => clock.now })
    const fact = remember('The guest password changes today.', { expiresAt: new Date(1000) })
    expect(memory.recall('guest', {}, 5)).toHaveLength(1)
    clock.now = 1000
    expect(memory.recall('guest', {}, 5)).toEqual([])
    expect(memory.list({}, { limit: 5, before: undefined }).total).toBe(0)
    expect(() => memory.find(fact.id)).toThrow(/Nothing is remembered/)
  })
})

it('is not readable without its key, in no file of it, and forgetting leaves nothing behind', () => {
  const { memory, folder, remember } = open()
  const planted = 'xylophone-in-the-attic'
  const { id } = remember(`The spare key is under the ${planted}.`)
  const everything = () =>
    readdirSync(folder)
      .map((name) => readFileSync(join(folder, name)).toString('latin1'))
      .join('')
  expect(everything()).not.toContain(planted)
  expect(everything()).not.toContain('SQLite format 3')
  expect(() => open(folder, { key: Buffer.alloc(32, 6) })).toThrow(/cannot be opened/)
  memory.forget(id)
  expect(memory.recall(planted, {}, 5)).toEqual([])
  expect(open(folder).memory.list({}, { limit: 5, before: undefined }).total).toBe(0)
})

it('never gives a number twice, also after a restart', () => {
  const { memory, folder, remember } = open()
  const first = remember('one')
  memory.forget(first.id)
  expect(remember('two').id).toBeGreaterThan(first.id)
  const again = open(folder)
  expect(again.remember('three').id).toBeGreaterThan(first.id + 1)
})

describe('the memory tools', () => {
  const sure = { source: 'the owner', tags: ['net'] }

  it('remember, change, recall, list and forget', async () => {
    const { call } = await openMachine()
    const stored = await call('memory_store', { text: 'The router is 10.0.0.1.', ...sure })
    const { id } = stored.output.fact as { id: number }
    const changed = await call('memory_store', { id, text: 'The router is 10.0.0.254.', ...sure })
    expect(changed.output).toMatchObject({ replaced: true, fact: { id } })
    const { output, summary } = await call('memory_recall', { about: 'which address has the router' })
    expect(output.facts).toMatchObject([{ id, text: 'The router is 10.0.0.254.', by: 'tester', labels: [] }])
    expect(summary).toContain('from the owner')
    expect((await call('memory_list', { tags: ['net'] })).output).toMatchObject({ total: 1, truncated: false })
    await call('memory_forget', { id })
    await expect(call('memory_forget', { id })).rejects.toMatchObject({ code: 'not_found' })
    await expect(call('memory_store', { id, text: 'x', source: 'y' })).rejects.toMatchObject({ code: 'not_found' })
  })

  it('undo in reverse what they stored and changed, and undo that again', async () => {
    const { call, revert } = await openMachine()
    const all = async () => ((await call('memory_list')).output.facts as { text: string }[]).map(({ text }) => text)
    const first = await call('memory_store', { text: 'one', source: 's' })
    const { id } = first.output.fact as { id: number }
    const second = await call('memory_store', { id, text: 'two', source: 's' })
    const redo = await revert('memory_store', second.inverse)
    expect(await all()).toEqual(['one'])
    const again = await revert('memory_store', first.inverse)
    expect(await all()).toEqual([])
    await revert('memory_store', again)
    expect(await all()).toEqual(['one'])
    await revert('memory_store', redo)
    expect(await all()).toEqual(['two'])
  })

  it('do not take back what was changed since, unless the operator insists', async () => {
    const { call, revert, host, signal } = await openMachine()
    const stored = await call('memory_store', { text: 'one', source: 's' })
    const { id } = stored.output.fact as { id: number }
    await call('memory_store', { id, text: 'two', source: 's' })
    const preview = await toolByName('memory_store').revertPreview?.(stored.inverse?.data, { host, signal } as never)
    expect(preview?.movedOn).toMatch(/changed or forgotten/)
    await expect(revert('memory_store', stored.inverse)).rejects.toMatchObject({ code: 'world_moved_on' })
    await revert('memory_store', stored.inverse, true)
    expect((await call('memory_list')).output).toMatchObject({ total: 0 })
  })

  it('bring along what the session that stored a fact had taken in', () => {
    const recall = toolByName('memory_recall')
    const fact = { labels: ['untrusted-text'] }
    expect(recall.taints?.({ facts: [fact, { labels: [] }] } as never, {} as never)).toEqual(['untrusted-text'])
  })
})
