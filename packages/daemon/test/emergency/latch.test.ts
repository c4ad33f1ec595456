import { chownSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Freeze, newId } from '@castellan/contracts'
import { requires, temporaryFolder } from '@castellan/testing'
import { expect, it } from 'vitest'
import { Latch } from '../../src/index.ts'

const freeze = (level: Freeze['level'], reason = 'To look at it'): Freeze => {
  return { id: newId('frz'), level, at: new Date().toISOString(), reason }
}

it('is not set in a state folder that nobody froze', async () => {
  const latch = new Latch(temporaryFolder())
  expect(latch.isSet).toBe(false)
  expect(await latch.read()).toBeNull()
  expect(await latch.notes()).toEqual([])
  expect(await latch.clear('')).toBeNull()
})

it('stays set for every later process, closed to others, with a note of what happened', async () => {
  const state = temporaryFolder()
  const set = await new Latch(state).set(freeze(1))
  const later = new Latch(state)
  expect(later.isSet).toBe(true)
  expect(await later.read()).toEqual(set)
  expect(await later.notes()).toEqual([{ kind: 'frozen', freeze: set, at: set.at, note: set.reason }])
  expect(statSync(later.file).mode & 0o777).toBe(0o600)
  expect(statSync(dirname(later.file)).mode & 0o777).toBe(0o700)
  expect(readdirSync(dirname(later.file)).sort()).toEqual(['events', 'frozen.json'])
})

requires.root().test('belongs to whom the state folder belongs to, though root set it', async () => {
  const state = temporaryFolder()
  chownSync(state, 65_534, 65_534)
  const latch = new Latch(state)
  await latch.set(freeze(1))
  for (const path of [
    latch.file,
    dirname(latch.file),
    join(dirname(latch.file), 'events'),
    dirname(dirname(latch.file)),
  ]) {
    expect(statSync(path).uid, path).toBe(65_534)
  }
})

it('goes up to a higher level and never down', async () => {
  const latch = new Latch(temporaryFolder())
  await latch.set(freeze(2))
  expect((await latch.set(freeze(1))).level).toBe(2)
  expect((await latch.set(freeze(3))).level).toBe(3)
  expect(await latch.read()).toMatchObject({ level: 3 })
})

it('notes the thaw before it clears, and forgets a note that the ledger has', async () => {
  const latch = new Latch(temporaryFolder())
  const set = await latch.set(freeze(1))
  expect(await latch.clear('It was nothing')).toEqual(set)
  expect(latch.isSet).toBe(false)
  const notes = await latch.notes()
  expect(notes.map(({ kind, note }) => [kind, note])).toEqual([
    ['frozen', 'To look at it'],
    ['thawed', 'It was nothing'],
  ])
  for (const note of notes) await latch.settle(note)
  expect(await latch.notes()).toEqual([])
})

it('freezes as well where its file makes no sense', async () => {
  const latch = new Latch(temporaryFolder())
  for (const text of ['', '{', '{"level":9}', 'null', '\0']) {
    mkdirSync(dirname(latch.file), { recursive: true })
    writeFileSync(latch.file, text)
    expect(latch.isSet).toBe(true)
    expect(await latch.read()).toMatchObject({ level: 2, reason: 'frozen.json cannot be read.' })
  }
})

it('freezes where the file cannot be read at all', async () => {
  const state = temporaryFolder()
  const latch = new Latch(state)
  mkdirSync(latch.file, { recursive: true })
  expect(latch.isSet).toBe(true)
  expect(await latch.read()).toMatchObject({ level: 2 })
})

it('sets itself although the event cannot be noted, and says so', async () => {
  const state = temporaryFolder()
  const latch = new Latch(state)
  mkdirSync(dirname(latch.file), { recursive: true })
  writeFileSync(join(dirname(latch.file), 'events'), 'a file where a folder has to be')
  await expect(latch.set(freeze(1))).rejects.toThrow()
  expect(latch.isSet).toBe(true)
})
