import { describe, expect, it } from 'vitest'
import type { ArgumentType } from '../../src/interpreter/format.ts'
import { typedValue } from '../../src/interpreter/typed.ts'

describe('words of a request in the form a tool takes', () => {
  it.each<[type: ArgumentType, words: string, value: unknown]>([
    ['seconds', '10 minutes', 600],
    ['seconds', '90s', 90],
    ['seconds', 'half an hour', 1800],
    ['seconds', 'an hour', 3600],
    ['seconds', 'in five min', 300],
    ['seconds', '2 months', 60 * 24 * 3600],
    ['seconds', 'a few minutes', undefined],
    ['seconds', 'soon', undefined],
    ['days', 'two weeks', 14],
    ['days', '30 days', 30],
    ['days', '3 hours', undefined],
    ['bytes', '10 GB', 10 * 2 ** 30],
    ['bytes', '512MiB', 512 * 2 ** 20],
    ['bytes', '1.5 t', 1.5 * 2 ** 40],
    ['bytes', 'a lot', undefined],
    ['list', 'a, b and c', ['a', 'b', 'c']],
    ['list', '/srv/www', ['/srv/www']],
    ['words', 'git log --oneline', ['git', 'log', '--oneline']],
    ['words', `grep -rn "to do" 'a b'c`, ['grep', '-rn', 'to do', 'a bc']],
    ['words', 'echo "half', undefined],
    ['value', '80', 80],
    ['value', 'true', true],
    ['value', 'Europe/Vienna', 'Europe/Vienna'],
    ['value', '"no"', 'no'],
    ['value', '[80,443]', [80, 443]],
    ['value', '[ 22 80 ]', [22, 80]],
    ['string', '80', '80'],
  ])('as %s, %j is %j', (type, words, value) => {
    expect(typedValue(type, words)).toEqual(value)
  })
})
