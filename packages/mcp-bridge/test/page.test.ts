import { expect, test } from 'vitest'
import { PAGE_SIZE, pageOf } from '../src/page.ts'

test('pages cover a list once, in its order', () => {
  for (const length of [0, 1, PAGE_SIZE - 1, PAGE_SIZE, PAGE_SIZE + 1, 3 * PAGE_SIZE + 7]) {
    const items = Array.from({ length }, (_, index) => index)
    const seen: number[] = []
    let cursor: string | undefined
    do {
      const { page, nextCursor } = pageOf(items, cursor)
      seen.push(...page)
      cursor = nextCursor
    } while (cursor !== undefined)
    expect(seen).toEqual(items)
  }
})

test('a cursor of another list, or of none, is refused', () => {
  const items = Array.from({ length: 2 * PAGE_SIZE }, (_, index) => index)
  const { nextCursor } = pageOf(items, undefined)
  expect(() => pageOf([...items, 0], nextCursor)).toThrow(/List again/)
  for (const cursor of [
    '',
    'x',
    '!!!',
    Buffer.from('-1/400').toString('base64url'),
    Buffer.from('1e3/400').toString('base64url'),
  ]) {
    expect(() => pageOf(items, cursor)).toThrow(/List again/)
  }
})
