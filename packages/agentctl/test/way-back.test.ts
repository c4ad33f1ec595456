import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@castellan/testing'
import { expect, it } from 'vitest'
import { readSwitches, type Switch, wentBackAlready } from '../src/emergency/way-back.ts'

const made = (from: string, to: string, rest: Partial<Switch> = {}): Switch => {
  return { phase: 'committed', reason: '', from: { path: from }, to: { path: to }, steps: [{ at: '' }], ...rest }
}
const back = { reason: 'Switch sw_0123456789Ab is taken back.' }

it('knows a way back from a switch that somebody wanted', () => {
  expect(wentBackAlready([])).toBe(false)
  expect(wentBackAlready([made('a', 'b')])).toBe(false)
  expect(wentBackAlready([made('b', 'a', back), made('a', 'b')])).toBe(true)
  expect(wentBackAlready([made('b', 'a', back), made('a', 'b', { phase: 'rolled_back' }), made('a', 'b')])).toBe(true)
})

it('is not talked into it: the systems have to say the same as the words', () => {
  expect(wentBackAlready([made('a', 'evil', back), made('b', 'a')])).toBe(false)
  expect(wentBackAlready([made('b', 'a', { reason: 'To have the old one again' }), made('a', 'b')])).toBe(false)
  expect(wentBackAlready([made('b', 'a', { ...back, phase: 'probation' }), made('a', 'b')])).toBe(false)
})

it('reads what is on record, newest first, past what makes no sense', async () => {
  const state = temporaryFolder()
  const write = (id: string, text: string) => {
    mkdirSync(join(state, 'agentd/switch', id), { recursive: true })
    writeFileSync(join(state, 'agentd/switch', id, 'record.json'), text)
  }
  write('sw_1', JSON.stringify(made('a', 'b', { steps: [{ at: '2026-01-01T00:00:00.000Z' }] })))
  write('sw_2', JSON.stringify(made('b', 'c', { steps: [{ at: '2026-01-02T00:00:00.000Z' }] })))
  write('sw_3', '{')
  mkdirSync(join(state, 'agentd/switch/sw_4'))
  symlinkSync('sw_2', join(state, 'agentd/switch/way-back'))
  expect((await readSwitches(state)).map(({ to }) => to.path)).toEqual(['c', 'b'])
  expect(await readSwitches(join(state, 'nowhere'))).toEqual([])
})
