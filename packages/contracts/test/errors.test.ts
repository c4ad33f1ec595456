import { describeIssues } from '@castellan/contracts'
import { expect, test } from 'vitest'
import { z } from 'zod'

const Shape = z.strictObject({
  path: z.string().min(1).max(5),
  mode: z.enum(['append', 'replace']).optional(),
  count: z.int().min(0).optional(),
  tags: z.array(z.string()).max(1).optional(),
  share: z.number().gt(0).lt(1).optional(),
  name: z.string().regex(/^a/, 'must start with a').optional(),
})

test.each([
  [{}, 'path: is missing and must be a string'],
  [{ path: 5 }, 'path: must be a string'],
  [{ path: '' }, 'path: must not be empty'],
  [{ path: '123456' }, 'path: must have at most 5 characters'],
  [{ path: 'a', mode: 'x' }, 'mode: must be "append" or "replace"'],
  [{ path: 'a', count: -1 }, 'count: must be at least 0'],
  [{ path: 'a', count: Number.NaN }, 'count: must be a number'],
  [{ path: 'a', share: 0 }, 'share: must be more than 0'],
  [{ path: 'a', share: 1 }, 'share: must be less than 1'],
  [{ path: 'a', tags: ['a', 'b'] }, 'tags: must have at most 1 items'],
  [{ path: 'a', other: 1 }, 'must not have "other"'],
  [[], 'must be an object'],
  [{ path: 'a', name: 'b' }, 'name: must start with a'],
  [{ path: 5, name: 'b' }, 'path: must be a string; name: must start with a'],
])('%j is told in plain words', (value, sentence) => {
  const { error } = Shape.safeParse(value)
  expect(error && describeIssues(error)).toBe(sentence)
})

test('the place in the whole goes before the field', () => {
  const { error } = Shape.safeParse({})
  expect(error && describeIssues(error, 'args')).toBe('args.path: is missing and must be a string')
})

const OneOf = z.union([z.strictObject({ path: z.string() }), z.strictObject({ id: z.string() }), z.literal('none')])

test.each([
  [{}, 'path: is missing and must be a string, or id: is missing and must be a string, or must be "none"'],
  [
    { id: 5 },
    'path: is missing and must be a string and must not have "id", or id: must be a string, or must be "none"',
  ],
])('%j, which can be given in several ways, is told each of them', (value, sentence) => {
  const { error } = OneOf.safeParse(value)
  expect(error && describeIssues(error)).toBe(sentence)
})

test('a way that the schema has words of its own for is told in them', () => {
  const { error } = z.discriminatedUnion('role', [z.strictObject({ role: z.literal('user') })]).safeParse({ role: 'x' })
  expect(error && describeIssues(error)).toContain("Expected 'user'")
})
