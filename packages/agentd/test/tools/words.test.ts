import { describe, expect, it } from 'vitest'
import { blankSecrets } from '../../src/host/secrets.ts'
import { fitting } from '../../src/tools/cut.ts'
import { count, duration, list, percent, size } from '../../src/tools/words.ts'

describe('words for people', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1 kB'],
    [1234, '1.2 kB'],
    [9960, '10 kB'],
    [999_499, '999 kB'],
    [999_500, '1 MB'],
    [22_400_000_000, '22 GB'],
    [2 ** 50, '1.1 PB'],
  ])('says %d bytes as %s', (bytes, text) => {
    expect(size(bytes)).toBe(text)
  })

  it('never calls a little nothing, nor nearly all everything', () => {
    expect(percent(1, 1000)).toBe('under 1 %')
    expect(percent(999, 1000)).toBe('99 %')
    expect(percent(1000, 1000)).toBe('100 %')
    expect(percent(0, 1000)).toBe('0 %')
    expect(percent(0, 0)).toBe('0 %')
  })

  it('counts and lists', () => {
    expect([count(0, 'file'), count(1, 'file'), count(2, 'entry', 'entries')]).toEqual([
      'no files',
      '1 file',
      '2 entries',
    ])
    expect(list([])).toBe('')
    expect(list(['a'])).toBe('a')
    expect(list(['a', 'b', 'c'])).toBe('a, b and c')
    expect(list(['a', 'b', 'c', 'd'], 3)).toBe('a, b and 2 more')
  })

  it('says a time in its two largest parts', () => {
    expect(duration(0)).toBe('no time')
    expect(duration(61)).toBe('1 minute 1 second')
    expect(duration(86_400 + 7200 + 59)).toBe('1 day 2 hours')
    expect(duration(86_400 + 59)).toBe('1 day')
  })
})

describe('blankSecrets', () => {
  it('hides values by the name before them, and passwords in addresses', () => {
    expect(
      blankSecrets(['app', '--password=x', '--api-key', 'y', 'DB_TOKEN=z', 'pg://me:pw@host/db', '--port=80']),
    ).toBe('app --password=… --api-key … DB_TOKEN=… pg://me:…@host/db --port=80')
  })

  it('leaves a flag that follows a flag alone', () => {
    expect(blankSecrets(['app', '--token-file', '--verbose'])).toBe('app --token-file --verbose')
  })
})

describe('fitting', () => {
  it('keeps what fits into the output cap and stops there', () => {
    const items = Array.from({ length: 100 }, () => 'x'.repeat(98))
    expect(fitting(items, 2048 + 1010)).toHaveLength(10)
    expect(fitting(items, 1_000_000)).toHaveLength(100)
  })
})
