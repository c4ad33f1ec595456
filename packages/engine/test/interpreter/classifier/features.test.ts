import { describe, expect, it } from 'vitest'
import { features, wordsOf } from '../../../src/interpreter/classifier/features.ts'

const BUCKETS = 65_536

describe('the words of a request', () => {
  it.each([
    ['show me /etc/hosts please!', ['show', 'me', '<path>', 'please']],
    ['(restart) "nginx.service"', ['restart', 'nginx', 'service']],
    ['undo #12 and 7', ['undo', '<number>', 'and', '<number>']],
    ['inc_cx1ma6uto3 is contained', ['<id>', 'is', 'contained']],
    [`a ${'b'.repeat(41)}`, ['a', '<long>']],
    [' ... ', []],
  ])('of %j are %j', (text, words) => {
    expect(wordsOf(text)).toEqual(words)
  })
})

describe('the features of a request', () => {
  // Computed by models/interpreter/classifier.py: both sides must find the same buckets, or the weights mean nothing.
  it.each<[text: string, first: readonly number[], count: number, sum: number]>([
    ['show me /etc/hosts please!', [52703, 10234, 47660, 49042, 63222, 64669], 25, 886064],
    ['restart nginx.service (now)', [47769, 54724, 588, 13028, 48835, 1100], 29, 938955],
    ['inc_cx1ma6uto3 is contained', [53116, 22447, 47987, 54466, 65086, 10019], 20, 710253],
    ['ünïts & 42 things', [7957, 30771, 54314, 49605, 61735, 48419], 28, 897496],
    ['...', [48201], 1, 48201],
  ])('of %j are those of the recipe', (text, first, count, sum) => {
    const found = features(text, BUCKETS)
    expect(found.slice(0, 6)).toEqual(first)
    expect(found).toHaveLength(count)
    expect(found.reduce((total, bucket) => total + bucket, 0)).toBe(sum)
  })
})
