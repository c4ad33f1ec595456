import { applyPatch } from 'diff'
import { describe, expect, it } from 'vitest'
import { unifiedDiff } from '../../src/tools/diff.ts'

const bytes = (text: string) => Buffer.from(text)

describe('a unified diff', () => {
  it('leads from the one text to the other', () => {
    const [from, to] = ['a\nb\nc\nd\n', 'a\nB\nc\nd\ne\n']
    expect(applyPatch(from, unifiedDiff('f', bytes(from), bytes(to)) as string)).toBe(to)
  })

  it('does so too between texts too different to compare line by line', () => {
    const lines = (word: string) =>
      Array.from({ length: 1500 }, (_, line) => `${word} ${(line * 7919) % 1500}\n`).join('')
    const [from, to] = [`same\n${lines('a')}end\n`, `same\n${lines('bb')}end\n`]
    const diff = unifiedDiff('f', bytes(from), bytes(to)) as string
    expect(diff).not.toContain('not shown')
    expect(applyPatch(from, diff)).toBe(to)
  })

  it('says that there is no line break at the end', () => {
    expect(unifiedDiff('f', bytes('a'), bytes('b'))).toContain('\\ No newline at end of file')
  })

  it('is none between the same, or where one is not text', () => {
    expect(unifiedDiff('f', bytes('a'), bytes('a'))).toBeUndefined()
    expect(unifiedDiff('f', bytes('a'), Buffer.from([0]))).toBeUndefined()
    expect(unifiedDiff('f', Buffer.from([0xff]), bytes('a'))).toBeUndefined()
    expect(unifiedDiff('f', null, bytes(''))).toBeUndefined()
  })
})
