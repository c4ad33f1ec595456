import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readMarkdown } from '../../src/chat/markdown.ts'
import { MarkdownReader } from '../../src/chat/markdown-reader.ts'

/** Pieces that Markdown joins, parts and takes back in every way. */
const piece = fc.constantFrom(
  ...[
    'word',
    ' ',
    '\n',
    '\n\n',
    '- item',
    '  more',
    '    code',
    '1. one',
    '> quote',
    '# head',
    '```\n',
    '| a | b |',
    '|---|---|',
  ],
  ...[
    '===',
    '---',
    '***',
    '**bold',
    '`code`',
    '\t',
    '<b>',
    '[x](y)',
    '- [ ] task',
    '\r\n',
    'ä😀',
    '\\',
    '\n- ',
    '\n\n\n',
  ],
)
const outline = (blocks: ReturnType<typeof readMarkdown>) => blocks.map(({ type, raw }) => [type, raw.trimEnd()])

test('an answer that is read as it grows has the same blocks as one that is read whole', () => {
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 24 }), (pieces) => {
      const reader = new MarkdownReader()
      let text = ''
      for (const one of pieces) {
        text += one
        expect(outline(reader.read(text, false))).toEqual(outline(readMarkdown(text)))
      }
      expect(reader.read(text, true)).toEqual(readMarkdown(text))
    }),
    { numRuns: 400 },
  )
})

test('a text that is another one is read anew', () => {
  const reader = new MarkdownReader()
  reader.read('# one\n\ntwo\n\nthree', false)
  expect(reader.read('four', false)).toEqual(readMarkdown('four'))
})
