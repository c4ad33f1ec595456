import { expect, test } from 'vitest'
import type { EntryRecord } from '../../src/entries/entry.ts'
import { each, grouped } from '../../src/entries/groups.ts'

function record(index: number, more: object): EntryRecord {
  const actor = { kind: 'routine', name: 'health' }
  return { entry: { index, type: 'routine_run', actor, time: index, ok: false, ...more } } as unknown as EntryRecord
}

test('what is said again and again is one line, with its newest and how often', () => {
  const other = { actor: { kind: 'routine', name: 'backups' } }
  const records = [record(9, {}), record(8, other), record(7, {}), record(6, { ok: true }), record(5, {})]
  const groups = grouped(records).map(({ newest, count }) => [newest.entry.index, count])
  expect(groups).toEqual([
    [9, 3],
    [8, 1],
    [6, 1],
  ])
  expect(each(records)).toHaveLength(5)
})

test('acts stay apart, since each can be taken back by itself', () => {
  const act = { type: 'outcome', tool: 'file_write', effect: 'change', ok: true }
  expect(grouped([record(2, act), record(1, act)])).toHaveLength(2)
})
