import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { shapeResult } from '../../src/cards/shape.ts'
import { present } from '../../src/cards/value.ts'

describe('a table', () => {
  const disks = [
    { mountPoint: '/', usedBytes: 28_000_000_000, usedPercent: 25.48, note: null },
    { mountPoint: '/srv', usedBytes: 1000, usedPercent: 91, note: null },
  ]

  test('is made of a list of objects, also when it is all there is', () => {
    const { shape } = shapeResult({ fileSystems: disks })
    expect(shape).toMatchObject({
      kind: 'table',
      columns: [
        { label: 'Mount point', numeric: false },
        { label: 'Used', numeric: true },
        { label: 'Used %', numeric: false },
      ],
    })
    expect(shapeResult(disks).shape).toEqual(shape)
  })

  test('shows bytes and percents as people read them', () => {
    const { shape } = shapeResult(disks)
    expect(shape.kind === 'table' && shape.rows).toEqual([
      [
        { kind: 'text', text: '/' },
        { kind: 'number', text: '28 GB' },
        { kind: 'percent', percent: 25.48, text: '25.5 %' },
      ],
      [
        { kind: 'text', text: '/srv' },
        { kind: 'number', text: '1 kB' },
        { kind: 'percent', percent: 91, text: '91 %', tone: 'bad' },
      ],
    ])
  })

  test('leaves out columns in which no row has anything, and has a cell for each field that some row has', () => {
    const { shape } = shapeResult([{ a: 1 }, { b: 2, c: null }])
    expect(shape.kind === 'table' && shape.columns.map(({ field }) => field)).toEqual(['a', 'b'])
    expect(shape.kind === 'table' && shape.rows[0]).toEqual([{ kind: 'number', text: '1' }, { kind: 'none' }])
  })

  test('gives sentences room', () => {
    const { shape } = shapeResult([{ message: 'a sentence that is longer than thirty-two characters' }])
    expect(shape.kind === 'table' && shape.columns[0]?.wide).toBe(true)
  })
})

describe('a record', () => {
  test('has its figures first and its lists and texts after them', () => {
    const { shape, truncated } = shapeResult({
      path: '/etc/hosts',
      content: '127.0.0.1 localhost\n::1 localhost\n',
      sizeBytes: 1234,
      owner: { uid: 0 },
      truncated: true,
    })
    expect(truncated).toBe(true)
    expect(shape).toMatchObject({
      kind: 'record',
      figures: [
        { label: 'Path', value: { text: '/etc/hosts' } },
        { label: 'Size', value: { text: '1.2 kB' } },
      ],
      parts: [
        { label: 'Content', shape: { kind: 'block' } },
        { label: 'Owner', shape: { kind: 'record', figures: [{ label: 'UID' }] } },
      ],
    })
  })

  test('keeps sentences readable and empty lists visible', () => {
    const { shape } = shapeResult({ note: 'Because '.repeat(20), failed: [] })
    expect(shape).toMatchObject({ figures: [{ value: { kind: 'none' } }], parts: [{ shape: { kind: 'prose' } }] })
  })
})

test('text with line breaks stays as it is', () => {
  expect(shapeResult('a\n b').shape).toEqual({ kind: 'block', text: 'a\n b' })
})

test.each([null, undefined, {}, ''])('%j is nothing to show', (result) => {
  expect(shapeResult(result).shape).toEqual({ kind: 'empty' })
})

test.each([
  ['state', 'active', 'good'],
  ['activeState', 'failed', 'bad'],
  ['priority', 'warning', 'warn'],
  ['verdict', 'odd', undefined],
  ['name', 'failed', undefined],
])('%s "%s" is %s', (field, word, tone) => {
  expect(present(field, word)).toEqual({ kind: 'text', text: word, ...(tone === undefined ? {} : { tone }) })
})

test('times are times wherever they stand', () => {
  expect(present('since', '2026-11-21T04:19:11.000Z')).toEqual({ kind: 'time', at: Date.UTC(2026, 10, 21, 4, 19, 11) })
})

test('any JSON at all has a shape', () => {
  fc.assert(fc.property(fc.jsonValue({ maxDepth: 8 }), (value) => void shapeResult(value).shape.kind))
})
