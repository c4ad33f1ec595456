import { randomBytes } from 'node:crypto'
import type { LedgerEntry, LedgerFacts, TaintLabel } from '@castellan/contracts'
import { LedgerFacts as Facts } from '@castellan/contracts'
import { expect, test } from 'vitest'
import { Marks } from '../../src/sessions/marks.ts'

const key = randomBytes(32)

function mark(marks: Marks, paths: readonly string[], labels: readonly TaintLabel[] = ['untrusted-text']): LedgerFacts {
  const facts = Facts.parse(marks.factsToMark(paths, labels))
  marks.fold({ facts } as LedgerEntry)
  return facts
}

test('a marked file is met by reading it, a folder above it, or anything below it', () => {
  const marks = new Marks(key)
  mark(marks, ['/srv/app/data'])
  for (const path of ['/srv/app/data', '/srv/app', '/srv', '/', '/srv/app/data/deep/er']) {
    expect([path, marks.labelsAt(path)]).toEqual([path, ['untrusted-text']])
  }
  for (const path of ['/srv/app/data2', '/srv/other', '/srv/app/dat']) expect(marks.labelsAt(path)).toEqual([])
})

test('what is marked already needs no fact, what has another label does', () => {
  const marks = new Marks(key)
  mark(marks, ['/srv/app'])
  expect(marks.factsToMark(['/srv/app/below'], ['untrusted-text'])).toEqual({})
  expect(marks.factsToMark(['/srv/app/below'], ['secret'])).not.toEqual({})
  expect(marks.factsToMark(['/srv/app'], [])).toEqual({})
})

test('facts tell no path, and fit however many and deep the paths are', () => {
  const marks = new Marks(key)
  const deep = (name: string) => `/srv/${Array.from({ length: 60 }, (_, i) => `${name}${i}`).join('/')}`
  const facts = mark(marks, [deep('a'), deep('b'), deep('c')])
  expect(JSON.stringify(facts)).not.toMatch(/srv|a0/)
  for (const path of [deep('a'), deep('b'), deep('c')]) expect(marks.labelsAt(path)).toEqual(['untrusted-text'])
  const many = Array.from({ length: 500 }, (_, i) => `/var/lib/many/${i}`)
  mark(marks, many, ['secret'])
  for (const path of many) expect(marks.labelsAt(path)).toContain('secret')
})

test('when there are too many marks everything is marked, and nothing is forgotten', () => {
  const marks = new Marks(key)
  mark(marks, ['/first'], ['secret'])
  for (let i = 0; i < 66_000; i += 1) mark(marks, [`/f${i}`])
  expect(marks.labelsAt('/first').toSorted()).toEqual(['secret', 'untrusted-text'])
  expect(marks.labelsAt('/never/seen')).toContain('untrusted-text')
})

test('marks are the same after they were saved', () => {
  const marks = new Marks(key)
  mark(marks, ['/srv/app/data'])
  const saved = JSON.parse(JSON.stringify(marks.save())) as ConstructorParameters<typeof Marks>[1]
  expect(new Marks(key, saved).labelsAt('/srv/app')).toEqual(['untrusted-text'])
})
