import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { bytes, compactJson, duration } from '../src/describe.ts'
import { printable, Terminal } from '../src/terminal.ts'

test('text from the machine cannot move the cursor, ring, retitle the window or reverse the line', () => {
  const hostile = 'a\u001b[2Jb\u0007c\u001b]0;title\u0007d\u202ee\u009bf\rg'
  const safe = printable(hostile)
  expect(safe).toMatch(/^[\n\t\u0020-\u007e\ufffd]*$/)
  expect(safe.replaceAll('\ufffd', '')).toBe('a[2Jbc]0;titledefg')
})

test('marks that turn text round and characters that nobody sees are shown', () => {
  for (const hidden of ['\u200b', '\u200e', '\u061c', '\u2028', '\u2063', '\ufeff', '\u00ad', '\u3164', '\u{e0041}']) {
    expect(printable(`a${hidden}b`)).toBe('a\ufffdb')
  }
})

test('a row of a table is one line', () => {
  const out = new PassThrough({ encoding: 'utf8' })
  new Terminal({ out: out as never, err: out as never }, false).table(['A', 'B'], [['x', 'y\ninc_1  forged']])
  expect(out.read()).toMatch(/\nx {2}y inc_1 {2}forged\n$/)
})

test('newlines, tabs and letters of every script stay', () => {
  expect(printable('ü\tñ\n日本')).toBe('ü\tñ\n日本')
})

test('figures read as people write them', () => {
  expect([bytes(0), bytes(999), bytes(1000), bytes(22_400_000_000)]).toEqual(['0 B', '999 B', '1.0 KB', '22.4 GB'])
  expect([duration(1), duration(59.9), duration(120), duration(90_000)]).toEqual([
    '1 second',
    '59 seconds',
    '2 minutes',
    '1 day',
  ])
  expect(compactJson({ a: 'x'.repeat(50) }, 20)).toHaveLength(20)
})
