import { expect, test } from 'vitest'
import { resultBlock } from '../src/chat/result.ts'

test('a file is shown as its lines, the rest counted', () => {
  const content = Array.from({ length: 50 }, (_, i) => `line ${i}`).join('\n')
  const block = resultBlock({ path: '/srv/a', content: `${content}\n`, truncated: false })
  expect(block).toMatchObject({ kind: 'text', more: 10 })
  expect(block?.kind === 'text' && block.lines[0]).toBe('line 0')
})

test('a list becomes a table with units in its cells', () => {
  const block = resultBlock({
    fileSystems: [
      { mountPoint: '/', usedBytes: 28_000_000_000, usedPercent: 26.1 },
      { mountPoint: '/boot', usedBytes: 1000, usedPercent: 1 },
    ],
  })
  expect(block).toEqual({
    kind: 'table',
    headings: ['MOUNT POINT', 'USED', 'USED PERCENT'],
    rows: [
      ['/', '28.0 GB', '26.1 %'],
      ['/boot', '1.0 KB', '1 %'],
    ],
    more: 0,
  })
})

test('what the summary has said already is not said again', () => {
  expect(resultBlock({ totalBytes: 1, usedBytes: 1 })).toBeUndefined()
  expect(resultBlock({ units: [{ unit: 'a' }] })).toBeUndefined()
  expect(resultBlock(null)).toBeUndefined()
})

test('control characters of a file or a unit name do not reach the terminal', () => {
  const text = JSON.stringify([
    resultBlock({ content: 'a\u001b[2J\n' }),
    resultBlock({ units: [{ unit: 'x\u001b]0;t\u0007' }, { unit: 'y\n' }] }),
  ])
  expect(text).not.toContain('\\u001b')
  expect(text).not.toContain('\\u0007')
})
