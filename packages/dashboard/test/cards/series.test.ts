import { describe, expect, test } from 'vitest'
import { seriesOf } from '../../src/cards/series.ts'
import { shapeResult } from '../../src/cards/shape.ts'

const hour = (n: number) => new Date(Date.UTC(2026, 10, 21, n)).toISOString()
const hours = [0, 1, 2, 3, 4]

describe('figures over time', () => {
  const spans = hours.map((n) => ({
    ...{ from: hour(n), samples: 60, load: { average: n, highest: 2 * n } },
    memoryPercent: { average: 40 + n, highest: 41 + n },
    cpuPercent: n === 2 ? null : { average: 5 + n, highest: 9 },
  }))

  test('are plots, one for each figure; a range is two lines and a hole stays one', () => {
    const { shape } = shapeResult({ since: hour(0), spans })
    if (shape.kind !== 'record') throw new Error(shape.kind)
    const [part] = shape.parts
    if (part?.shape.kind !== 'series') throw new Error(part?.shape.kind)
    const { at, plots } = part.shape.series
    expect(at[0]).toBe(Date.parse(hour(0)) / 1000)
    expect(plots.map(({ label, unit }) => [label, unit])).toEqual([
      ['Load', 'number'],
      ['Memory', 'percent'],
      ['CPU', 'percent'],
    ])
    expect(plots[2]?.lines[0]).toEqual({ label: 'Average', values: [5, 6, null, 8, 9] })
    expect(part.shape.table.rows).toHaveLength(5)
  })

  test('that come newest first are turned round', () => {
    const rows = hours.toReversed().map((n) => ({ at: hour(n), usedBytes: n * 1000 }))
    expect(seriesOf(rows)).toMatchObject({
      plots: [{ unit: 'bytes', lines: [{ values: [0, 1000, 2000, 3000, 4000] }] }],
    })
  })

  test.each([
    ['a few of them', hours.slice(0, 3).map((n) => ({ at: hour(n), load: n }))],
    ['words beside them', hours.map((n) => ({ at: hour(n), load: n, message: 'x' }))],
    ['moments in no order', [0, 2, 1, 3, 4].map((n) => ({ at: hour(n), load: n }))],
    ['figures that never change', hours.map((n) => ({ at: hour(n), load: 1 }))],
    ['numbers that only name something', hours.map((n) => ({ at: hour(n), pid: n }))],
    ['no moments', hours.map((n) => ({ load: n }))],
  ])('%s stay a table', (_, rows) => {
    expect(seriesOf(rows)).toBeNull()
    expect(shapeResult({ rows }).shape.kind).toBe('table')
  })
})

test('a diff is drawn as one, by its field or by how it begins', () => {
  const diff = '--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n'
  expect(shapeResult({ diff }).shape).toMatchObject({ parts: [{ shape: { kind: 'diff' } }] })
  expect(shapeResult({ changes: diff }).shape).toMatchObject({ parts: [{ shape: { kind: 'diff' } }] })
  expect(shapeResult({ text: 'a\n- b\n' }).shape).toMatchObject({ parts: [{ shape: { kind: 'block' } }] })
})
