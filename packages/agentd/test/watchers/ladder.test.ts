import fc from 'fast-check'
import { expect, it } from 'vitest'
import { judge } from '../../src/watchers/ladder.ts'
import { freshStanding, type Step } from '../../src/watchers/watcher.ts'

const ladder: Step[] = [{ act: 'restart', unit: 'web.service' }, { act: 'rollback' }, { act: 'notify' }]
const watcher = { failures: 3, graceSeconds: 60, ladder }

/** The steps and turns that a row of looks, ten seconds apart, leads to. */
function climb(looks: readonly boolean[], rules: Partial<typeof watcher> = {}) {
  let standing = freshStanding(0)
  return looks.map((healthy, index) => {
    const verdict = judge({ ...watcher, ...rules }, standing, { healthy, message: '', at: index * 10_000 })
    standing = verdict.standing
    return verdict.step?.act ?? verdict.turn ?? '-'
  })
}

const wrong = (times: number) => new Array<boolean>(times).fill(false)

it('waits for enough looks in a row, then gives each step its grace', () => {
  expect(climb(wrong(18))).toEqual([
    ...['failing', '-', 'restart', '-', '-', '-', '-', '-'],
    ...['rollback', '-', '-', '-', '-', '-'],
    ...['notify', '-', '-', '-'],
  ])
})

it('begins again at the bottom once a look finds it well', () => {
  expect(climb([...wrong(3), true, ...wrong(3)])).toEqual([
    'failing',
    '-',
    'restart',
    'recovered',
    'failing',
    '-',
    'restart',
  ])
})

it('says nothing about one that was always well', () => {
  expect(climb([true, true, true])).toEqual(['-', '-', '-'])
})

it('whatever the looks find, takes the steps in order, none twice, and only after enough of them in a row', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 200 }), fc.integer({ min: 1, max: 5 }), (looks, failures) => {
      let row = 0
      let taken = 0
      climb(looks, { failures }).forEach((what, index) => {
        row = looks[index] ? 0 : row + 1
        if (looks[index]) taken = 0
        if (!['restart', 'rollback', 'notify'].includes(what)) return
        expect(row).toBeGreaterThanOrEqual(failures)
        expect(what).toBe(ladder[taken]?.act)
        taken += 1
      })
    }),
  )
})
