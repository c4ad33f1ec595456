import { expect, test } from 'vitest'
import { argumentText, lineCount } from '../../src/cards/argument-text.ts'

test('text is shown as it is, all else as JSON', () => {
  expect(argumentText('a\n\tb')).toBe('a\n\tb')
  expect(argumentText({ force: true })).toBe('{\n  "force": true\n}')
  expect(argumentText(null)).toBe('null')
})

test.each([
  ['a change of direction', 'cod\u202Efdp.exe', 'cod\\u{202e}fdp.exe'],
  ['a space of no width', 'a\u200Bb', 'a\\u{200b}b'],
  ['a carriage return', 'safe\rrm -rf /', 'safe\\u{d}rm -rf /'],
  ['an escape sequence', '\u001B[2K', '\\u{1b}[2K'],
  ['a line separator', 'a\u2028b', 'a\\u{2028}b'],
  ['a tag character', '\u{E0041}', '\\u{e0041}'],
])('%s cannot hide', (_what, text, shown) => {
  expect(argumentText(text)).toBe(shown)
})

test('lines are counted as people count them', () => {
  expect(['', 'a', 'a\n', 'a\nb', 'a\n\n'].map(lineCount)).toEqual([0, 1, 1, 2, 2])
})
