import { ToolName } from '@castellan/contracts'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { foreignName } from '../../src/mcp-servers/foreign-tool.ts'

test.each([
  ['readFile', 'box__read_file'],
  ['read-file', 'box__read_file'],
  ['read.file/now', 'box__read_file_now'],
  ['HTTPGet2', 'box__httpget2'],
  ['___', undefined],
  ['', undefined],
  ['日本', undefined],
  ['x'.repeat(100), undefined],
])('%s is called %s', (own, name) => {
  expect(foreignName('box', own)).toBe(name)
})

test('whatever a server calls a tool, its name here is one of ours, with the server before it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (own) => {
      const name = foreignName('box', own)
      if (name === undefined) return
      expect(ToolName.safeParse(name).success).toBe(true)
      expect(name.startsWith('box__')).toBe(true)
    }),
  )
})
